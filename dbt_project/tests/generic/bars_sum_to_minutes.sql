{# Bookkeeping: for each entity and day the bars of every interval hold the minutes that are in the
   lake, their trades and their volume. Counts agree exactly; a volume within the rounding of the
   bars' DOUBLEs. Days that were loaded anew since the build are none of this test's business. #}
{% test bars_sum_to_minutes(model) %}
with bars as (
    select
        entity_id,
        {{ utc_day('open_time') }} as day,
        interval,
        sum(present_minutes) as minutes,
        sum(trade_count) as trades,
        sum({{ exact('volume_base') }}) as volume,
        max(source_loaded_at) as loaded_at
    from {{ model }}
    group by all
),

minutes as (
    select
        entity_id,
        {{ utc_day('open_time') }} as day,
        count(*) as minutes,
        sum(trade_count) as trades,
        sum({{ exact('volume_base') }}) as volume,
        max(loaded_at) as loaded_at
    from {{ ref('stg_klines') }}
    where
        interval = '1m'
        and open_time >= (select min(day) from bars)
        and open_time < (select max(day) + 1 from bars)
    group by all
)

select
    bars.entity_id,
    bars.day,
    bars.interval,
    bars.minutes as minutes_of_bars,
    minutes.minutes,
    bars.trades as trades_of_bars,
    minutes.trades,
    bars.volume as volume_of_bars,
    minutes.volume
from bars
inner join minutes
    on
        bars.entity_id = minutes.entity_id
        and bars.day = minutes.day
        and bars.loaded_at = minutes.loaded_at
where
    bars.minutes != minutes.minutes
    or bars.trades != minutes.trades
    or abs(bars.volume - minutes.volume) > 1e-12 * minutes.volume
{% endtest %}
