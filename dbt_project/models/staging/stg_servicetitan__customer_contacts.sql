with source as (
    select * from {{ source('servicetitan', 'customer_contacts') }}
),

renamed as (
    select
        tenant_id,
        id as contact_id,
        customer_id,
        coalesce(active, true) as is_active,
        type,
        value,
        memo,
        {{ moment('created_on') }} as created_at,
        {{ moment('modified_on') }} as modified_at,
        phone_settings,
        preferences,
        record,
        coalesce(_dlt_load_id, '') as load_id,
    from source
)

select * from renamed
