with source as (
    select * from {{ source('servicetitan', 'locations') }}
),

renamed as (
    select
        tenant_id,
        id as location_id,
        customer_id,
        created_by_id,
        merged_to_id,
        tax_zone_id,
        zone_id,
        coalesce(active, true) as is_active,
        tax_exempt as is_tax_exempt,
        name,
        {{ moment('created_on') }} as created_at,
        {{ moment('modified_on') }} as modified_at,
        address,
        custom_fields,
        tag_type_ids,
        external_data,
        record,
        coalesce(_dlt_load_id, '') as load_id,
    from source
)

select * from renamed
