select * from {{ ref('int_records__waiting') }}
where coalesce(dated_at < {{ as_of() }} - interval 24 hour, true)
