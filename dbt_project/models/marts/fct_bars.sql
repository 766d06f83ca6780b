{{ config(
    partitioned_by=['year(open_time)', 'month(open_time)'],
    sorted_by=['interval', 'entity_id', 'open_time']
) }}

with minutes as (
    select
        entity_id,
        epoch_us(open_time) as opened,
        open,
        high,
        low,
        close,
        {{ exact('volume_base') }} as volume_base,
        {{ exact('volume_quote') }} as volume_quote,
        trade_count,
        {{ exact('taker_volume_base') }} as taker_volume_base,
        {{ exact('taker_volume_quote') }} as taker_volume_quote,
        loaded_at,
        -- a flat row of an exchange repeats the last price: no trade of the bar had it
        coalesce(volume_base != 0, true) as traded
    from {{ ref('stg_klines') }}
    where
        interval = '1m'
        and {{ in_rebuilt_days('entity_id', 'open_time') }}
),

grids as (
    {{ bar_grids() }}
),

bars as (
    select
        minutes.entity_id,
        grids.interval,
        {{ bar_open('minutes.opened', 'grids.minutes') }} as open_time,
        {{ of_trades('arg_min(minutes.open, minutes.opened)') }} as open,
        {{ of_trades('max(minutes.high)') }} as high,
        {{ of_trades('min(minutes.low)') }} as low,
        arg_max(minutes.close, minutes.opened) as close,
        {{ sum_if_known('minutes.volume_base') }} as volume_base,
        {{ sum_if_known('minutes.volume_quote') }} as volume_quote,
        case
            when count(minutes.trade_count) = count(*)
                then cast(sum(minutes.trade_count) as bigint)
        end as trade_count,
        {{ sum_if_known('minutes.taker_volume_base') }} as taker_volume_base,
        {{ sum_if_known('minutes.taker_volume_quote') }} as taker_volume_quote,
        cast(grids.minutes as bigint) as expected_minutes,
        count(*) as present_minutes,
        max(minutes.loaded_at) as source_loaded_at
    from minutes
    cross join grids
    group by
        minutes.entity_id,
        grids.interval,
        grids.minutes,
        {{ bar_open('minutes.opened', 'grids.minutes') }}
),

judged as (
    select
        entity_id,
        interval,
        open_time,
        open,
        high,
        low,
        close,
        volume_base,
        volume_quote,
        trade_count,
        taker_volume_base,
        taker_volume_quote,
        volume_quote / nullif(volume_base, 0) as vwap,
        expected_minutes,
        present_minutes,
        present_minutes = expected_minutes as complete,
        source_loaded_at,
        now() as built_at
    from bars
)

select * from judged
