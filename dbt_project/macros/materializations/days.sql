{# The (entity_id, day) pairs that a build of fct_bars makes anew, as a query.

   With start_day and end_day: every day of that range, for all entities (entity_id is NULL).
   Without: the pairs whose minutes are not those that the table was made from. That is state
   against state, not a clock against a clock: a load that commits late, a day that was blocked or
   freed by a verdict since, a day that was skipped by a build of a range, all differ and are found.
   The 1d bar of a day stands for what was read then. #}
{% macro days_to_rebuild(bars) -%}
  {%- set start_day, end_day = var('start_day'), var('end_day') -%}
  {%- if (start_day is none) != (end_day is none) -%}
    {%- do exceptions.raise_compiler_error(
        "start_day and end_day go together; given were start_day=" ~ start_day ~ ", end_day="
        ~ end_day ~ ". Give both as ISO dates (end exclusive), or neither."
    ) -%}
  {%- endif -%}
  {%- if start_day is not none -%}
    {{ days_of_range(start_day, end_day) }}
  {%- else -%}
    {{ days_changed(bars) }}
  {%- endif -%}
{%- endmacro %}

{% macro days_of_range(start_day, end_day) -%}
  {%- set first, last = iso_day('start_day', start_day), iso_day('end_day', end_day) -%}
  {%- if first >= last -%}
    {%- do exceptions.raise_compiler_error(
        "start_day " ~ first ~ " is not before end_day " ~ last ~ ", which is exclusive: the range "
        ~ "holds no day."
    ) -%}
  {%- endif -%}
    select
        cast(null as varchar) as entity_id,
        cast(unnest(generate_series(
            timestamp '{{ first }}',
            timestamp '{{ last }}' - interval 1 day,
            interval 1 day
        )) as date) as day
{%- endmacro %}

{# A day of --vars, checked before it becomes part of a statement. #}
{% macro iso_day(name, given) -%}
  {%- if not modules.re.fullmatch('\d{4}-\d{2}-\d{2}', given | string) -%}
    {%- do exceptions.raise_compiler_error(
        name ~ " '" ~ given ~ "' is not a day; write it as 2023-03-01."
    ) -%}
  {%- endif -%}
  {%- do return(given | string) -%}
{%- endmacro %}

{% macro days_changed(bars) -%}
    with loaded as (
        select
            entity_id,
            {{ utc_day('open_time') }} as day,
            max(loaded_at) as source_loaded_at,
            count(*) as minutes
        from {{ ref('stg_klines') }}
        where interval = '1m'
        group by all
    ),

    built as (
        select
            entity_id,
            {{ utc_day('open_time') }} as day,
            source_loaded_at,
            present_minutes as minutes
        from {{ bars }}
        where interval = '1d'
    )

    select
        coalesce(loaded.entity_id, built.entity_id) as entity_id,
        coalesce(loaded.day, built.day) as day
    from loaded
    full join built
        on
            loaded.entity_id = built.entity_id
            and loaded.day = built.day
    where
        loaded.source_loaded_at is distinct from built.source_loaded_at
        or loaded.minutes is distinct from built.minutes
{%- endmacro %}
