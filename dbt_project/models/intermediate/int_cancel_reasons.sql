{{ config(materialized='view') }}

with names as (
    select
        tenant_id,
        job_cancel_reason_id as reason_id,
        name,
    from {{ ref('stg_servicetitan__job_cancel_reasons') }}
),

-- one that the log names may not have come, and an entry may name none
reasons as (
    select
        tenant_id,
        reason_id,
        max(name) as name,
    from (
        from names
        union all by name
        select distinct
            tenant_id,
            reason_id,
        from {{ ref('stg_servicetitan__job_canceled_logs') }}
        union all by name
        select
            tenant_id,
            cast(null as bigint) as reason_id,
        from {{ ref('stg_servicetitan__tenants') }}
    )
    group by tenant_id, reason_id
),

matched as (
    select
        reasons.*,
        rules.tenant_id as rule_tenant_id,
        rules.match_field,
        rules.pattern,
        rules.origin,
        rules.starts_flow,
        rules.priority,
    from reasons
    left join {{ ref('cancel_reason_rules') }} as rules
        on coalesce(rules.tenant_id, reasons.tenant_id) = reasons.tenant_id
        and case rules.match_field
            when 'reason_id' then coalesce(rules.pattern = cast(reasons.reason_id as varchar), rules.pattern is null)
            when 'reason_name' then regexp_matches(reasons.name, coalesce(rules.pattern, ''), 'i')
        end
),

first_match as (
    select *
    from matched
    qualify row_number() over (
        partition by tenant_id, reason_id
        order by priority, rule_tenant_id is null, origin = 'shipped', match_field, coalesce(pattern, '')
    ) = 1
)

select * from first_match
