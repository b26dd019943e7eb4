with source as (
    select * from {{ source('servicetitan', 'tenant_syncs') }}
),

renamed as (
    select
        sync_id,
        tenant_id,
        tenant_name,
        stream,
        started_at,
        ended_at,
        rows as row_count,
        pages as page_count,
        complete as is_complete,
        error,
        coalesce(_dlt_load_id, '') as load_id,
    from source
)

select * from renamed
