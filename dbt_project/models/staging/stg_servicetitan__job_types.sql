with source as (
    select * from {{ source('servicetitan', 'job_types') }}
),

renamed as (
    select
        tenant_id,
        id as job_type_id,
        duration,
        coalesce(active, true) as is_active,
        no_charge as is_no_charge,
        enforce_recurring_service_event_selection as is_enforce_recurring_service_event_selection,
        invoice_signatures_required as is_invoice_signatures_required,
        is_smart_dispatched,
        name,
        priority,
        class,
        summary,
        default_estimate_sold_action,
        {{ moment('created_on') }} as created_at,
        {{ moment('modified_on') }} as modified_at,
        sold_threshold,
        business_unit_ids,
        skills,
        tag_type_ids,
        external_data,
        custom_field_type_ids,
        record,
        coalesce(_dlt_load_id, '') as load_id,
    from source
)

select * from renamed
