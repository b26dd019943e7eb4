with source as (
    select * from {{ source('servicetitan', 'customers') }}
),

renamed as (
    select
        tenant_id,
        id as customer_id,
        created_by_id,
        merged_to_id,
        payment_term_id,
        coalesce(active, true) as is_active,
        tax_exempt as is_tax_exempt,
        do_not_mail as is_do_not_mail,
        do_not_service as is_do_not_service,
        national_account as is_national_account,
        name,
        type,
        {{ moment('created_on') }} as created_at,
        {{ moment('modified_on') }} as modified_at,
        balance,
        credit_limit,
        credit_limit_balance,
        address,
        custom_fields,
        tag_type_ids,
        external_data,
        record,
        coalesce(_dlt_load_id, '') as load_id,
    from source
)

select * from renamed
