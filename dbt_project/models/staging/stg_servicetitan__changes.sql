with source as (
    select * from {{ source('servicetitan', 'changes') }}
),

renamed as (
    select
        change_id,
        tenant_id,
        source_table,
        source_id,
        customer_id,
        job_id,
        previous_customer_id,
        previous_job_id,
        is_new,
        is_retyped,
        coalesce(_dlt_load_id, '') as load_id,
    from source
)

select * from renamed
