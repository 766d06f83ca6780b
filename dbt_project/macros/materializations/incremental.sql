{# This project's incremental materialization: whole days are deleted and inserted again.

   dbt-duckdb's own one makes the whole result first and deletes only what is in it. Here a day that
   has nothing any more loses its bars too, memory is bounded by one month of the entities
   concerned, and all months land in one transaction: a reader sees all of a build or nothing. #}
{% materialization incremental, adapter='duckdb' %}
  {%- set existing = load_cached_relation(this) -%}
  {%- set target = this.incorporate(type='table') -%}
  {%- set fresh = existing is none or should_full_refresh() -%}

  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {# BEGIN happens with this statement. #}
  {% call statement('main') %} select now() {% endcall %}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}

  {%- if fresh -%}
    {%- do make_empty(existing, target) -%}
  {%- else -%}
    {%- do refuse_other_columns(existing) -%}
  {%- endif -%}
  {%- do rebuild_days(target) -%}

  {%- do persist_docs(target, model) -%}
  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {%- do adapter.commit() -%}
  {{ run_hooks(post_hooks, inside_transaction=False) }}
  {{ return({'relations': [target]}) }}
{% endmaterialization %}

{% macro make_empty(existing, target) %}
  {%- do get_assert_columns_equivalent(sql) -%}
  {%- if existing is not none -%}
    {%- do run_query('drop ' ~ existing.type ~ ' ' ~ existing) -%}
  {%- endif -%}
  {%- do run_query('create table ' ~ target ~ get_table_columns_and_constraints()) -%}
  {%- do run_query(duckdb__alter_table_set_partitioned_by(
      target, duckdb__get_partitioned_by(target, false)
  )) -%}
  {%- do run_query(duckdb__alter_table_set_sorted_by(
      target, duckdb__get_sorted_by(target, false)
  )) -%}
{% endmacro %}

{# The contract holds for the model; the table may be of an older one. #}
{% macro refuse_other_columns(existing) %}
  {%- do get_assert_columns_equivalent(sql) -%}
  {%- set found = adapter.get_columns_in_relation(existing) | map(attribute='name') | list -%}
  {%- set wanted = model.columns.keys() | list -%}
  {%- if found != wanted -%}
    {%- do exceptions.raise_compiler_error(
        existing ~ " has the columns " ~ found | join(', ') ~ "; the model now has "
        ~ wanted | join(', ') ~ ". Run dbt build --full-refresh."
    ) -%}
  {%- endif -%}
{% endmacro %}

{% macro rebuild_days(target) %}
  {%- do run_query('create or replace temp table days_to_rebuild as ' ~ days_to_rebuild(target)) -%}
  {%- set months = run_query(
      "select distinct strftime(day, '%Y-%m') as month from days_to_rebuild order by month"
  ).columns[0].values() -%}
  {%- for month in months -%}
    {%- do name_rebuilt_days(month) -%}
    {%- do run_query('delete from ' ~ target ~ ' where ' ~ in_rebuilt_days('entity_id', 'open_time'))
    -%}
    {%- set columns = model.columns.keys() | join(', ') -%}
    {%- do run_query(
        'insert into ' ~ target ~ ' (' ~ columns ~ ') select ' ~ columns ~ ' from (' ~ sql ~ ')'
        ~ ' order by interval, entity_id, open_time'
    ) -%}
  {%- endfor -%}
  {%- do run_query('drop table days_to_rebuild') -%}
  {%- for name in rebuild_variables() -%}
    {%- do run_query('reset variable ' ~ name) -%}
  {%- endfor -%}
{% endmacro %}

{# Session variables for in_rebuilt_days: a NULL entity_id stands for all entities. #}
{% macro name_rebuilt_days(month) %}
  {%- set rows = " from days_to_rebuild where strftime(day, '%Y-%m') = '" ~ month ~ "'" -%}
  {%- for name, value in rebuild_variables().items() -%}
    {%- do run_query('set variable ' ~ name ~ ' = (select ' ~ value ~ rows ~ ')') -%}
  {%- endfor -%}
{% endmacro %}

{% macro rebuild_variables() %}
  {{ return({
      'rebuild_from': "min(day)::timestamp at time zone 'UTC'",
      'rebuild_until': "(max(day) + 1)::timestamp at time zone 'UTC'",
      'rebuilt_days': 'list(distinct day)',
      'rebuilt_entities': 'case when count(entity_id) = count(*) then list(distinct entity_id) end',
  }) }}
{% endmacro %}
