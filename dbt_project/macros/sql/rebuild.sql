{# Whether a row lies in the days that this statement rebuilds.

   The incremental materialization names them in session variables, which DuckDB folds into
   constants, so that files of other days are not read. Without it (a unit test, dbt show) the
   variables are NULL and every row does. #}
{% macro in_rebuilt_days(entity_id, open_time) -%}
{{ open_time }} >= coalesce(getvariable('rebuild_from'), timestamptz '-infinity')
and {{ open_time }} < coalesce(getvariable('rebuild_until'), timestamptz 'infinity')
and (
    getvariable('rebuilt_days') is null
    or list_contains(getvariable('rebuilt_days'), {{ utc_day(open_time) }})
)
and (
    getvariable('rebuilt_entities') is null
    or list_contains(getvariable('rebuilt_entities'), {{ entity_id }})
)
{%- endmacro %}
