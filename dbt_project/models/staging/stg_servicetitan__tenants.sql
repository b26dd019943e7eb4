with source as (
    select * from {{ source('servicetitan', 'tenants') }}
),

renamed as (
    select
        tenant_id,
        tenant_name,
        try_cast(workspace_id as uuid) as workspace_id,
        timezone,
        coalesce(_dlt_load_id, '') as load_id,
    from source
)

select * from renamed
