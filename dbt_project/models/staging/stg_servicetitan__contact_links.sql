with source as (
    select * from {{ source('servicetitan', 'contact_links') }}
),

renamed as (
    select
        tenant_id,
        customer_id,
        try_cast(contact_id as uuid) as contact_id,
        {{ moment('linked_at') }} as linked_at,
        coalesce(_dlt_load_id, '') as load_id,
    from source
)

select * from renamed
