{# The UTC day of an instant, whatever the session's time zone. #}
{% macro utc_day(instant) -%}
cast({{ instant }} at time zone 'UTC' as date)
{%- endmacro %}

{# The open time of the bar of so many minutes that holds an instant; each grid starts at midnight
   UTC, because each length divides the day. #}
{% macro bar_open(instant, minutes) -%}
make_timestamptz({{ instant }} - {{ instant }} % (cast({{ minutes }} as bigint) * 60000000))
{%- endmacro %}
