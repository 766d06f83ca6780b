with klines as (
    select * from {{ source('market', 'klines') }}
),

blocked as (
    select distinct
        entity_id,
        interval,
        day
    from {{ source('market', 'verdicts') }}
    where
        severity = 'blocking'
        and not passed
),

passed as (
    select
        klines.entity_id,
        klines.exchange,
        klines.interval,
        klines.open_time,
        klines.open,
        klines.high,
        klines.low,
        klines.close,
        klines.volume_base,
        klines.volume_quote,
        klines.trade_count,
        klines.taker_volume_base,
        klines.taker_volume_quote,
        klines.vwap,
        klines.loaded_at
    from klines
    left join blocked
        on
            klines.entity_id = blocked.entity_id
            and klines.interval = blocked.interval
            and {{ utc_day('klines.open_time') }} = blocked.day
    where blocked.day is null
)

select * from passed
