{# dbt's own macro with one placeholder: __newest_build__ in a test's `where` is the rows that the
   newest build wrote, so that a test does not read years of bars after each hourly build. #}
{% macro get_where_subquery(relation) -%}
  {%- set where = config.get('where', '') -%}
  {%- if not where -%}
    {%- do return(relation) -%}
  {%- endif -%}
  {%- set newest -%}
    built_at = (select max(newest.built_at) from {{ relation }} as newest)
  {%- endset -%}
  {%- set filtered -%}
    (select * from {{ relation }} where {{ where | replace('__newest_build__', newest) }})
      as {{ relation.identifier }}
  {%- endset -%}
  {%- do return(filtered) -%}
{%- endmacro %}
