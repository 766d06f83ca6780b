{# The intervals that bars are made for, and their length: the one place that names them. #}
{% macro bar_grids() -%}
select
    bar_grids.interval,
    bar_grids.minutes
from (
    values
    ('3m', 3),
    ('5m', 5),
    ('15m', 15),
    ('30m', 30),
    ('1h', 60),
    ('2h', 120),
    ('4h', 240),
    ('6h', 360),
    ('12h', 720),
    ('1d', 1440)
) as bar_grids (interval, minutes)
{%- endmacro %}

{# A DOUBLE as the decimal number that it was read from: the shortest text that gives this DOUBLE.
   The direct cast multiplies in binary and misses in the last place. Reading a short decimal takes a
   fiftieth of the time of a long one, so a long one is read only where the short one is not it. #}
{% macro exact(column) -%}
case
    when
        cast(try_cast(cast({{ column }} as varchar) as decimal(18, 8)) as double) = {{ column }}
        then cast(try_cast(cast({{ column }} as varchar) as decimal(18, 8)) as decimal(38, 12))
    else cast(cast({{ column }} as varchar) as decimal(38, 12))
end
{%- endmacro %}

{# The sum of exact numbers as the nearest DOUBLE; NULL as soon as one of them is not known. #}
{% macro sum_if_known(column) -%}
case when count({{ column }}) = count(*) then cast(sum({{ column }}) as double) end
{%- endmacro %}

{# An aggregate over the minutes that traded, over all of them where none did: a flat row repeats the
   price before it, at which nothing of this bar was traded. #}
{% macro of_trades(aggregate) -%}
coalesce({{ aggregate }} filter (where minutes.traded), {{ aggregate }})
{%- endmacro %}
