{{ config(materialized='view') }}

select
    *,
    try_cast(source_id as bigint) as record_id,
from {{ ref('stg_servicetitan__changes') }}
where change_id > coalesce((select ended.last_change_id from {{ derivation('ended') }} as ended), 0)
