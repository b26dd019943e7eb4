{{ config(materialized='view') }}
{%- set counted = [
    'jobs', 'ordinary_jobs', 'completed_jobs', 'recall_jobs', 'warranty_jobs', 'free_jobs', 'jobs_from_estimate',
    'jobs_after_sale', 'jobs_with_estimates', 'jobs_with_sold_estimates', 'jobs_that_became_another',
] %}

with last_rule as (
    {{ last_rule() }}
),

by_rule as (
    select
        jobs.tenant_id,
        jobs.job_type_id,
        jobs.business_unit_id,
        kinds.job_kind,
        kinds.match_field,
        kinds.pattern,
        kinds.priority,
        kinds.rule_tenant_id,
        kinds.origin,
        any_value(kinds.job_type_name) as job_type_name,
        any_value(kinds.business_unit_name) as business_unit_name,
        count(*) as jobs,
        count(*) filter (where not jobs.is_call_back) as ordinary_jobs,
        count(*) filter (where not jobs.is_call_back and jobs.job_status = 'Completed') as completed_jobs,
        count(jobs.recall_for_id) as recall_jobs,
        count(jobs.warranty_id) as warranty_jobs,
        count(*) filter (where not jobs.is_call_back and jobs.is_no_charge) as free_jobs,
        count(*) filter (where not jobs.is_call_back and jobs.is_from_estimate) as jobs_from_estimate,
        count(*) filter (where not jobs.is_call_back and jobs.is_after_sale) as jobs_after_sale,
        count(*) filter (where not jobs.is_call_back and jobs.has_estimate) as jobs_with_estimates,
        count(*) filter (where not jobs.is_call_back and jobs.has_sold_estimate) as jobs_with_sold_estimates,
        count(*) filter (where not jobs.is_call_back and jobs.is_followed) as jobs_that_became_another,
    from {{ ref('int_jobs__behaviour') }} as jobs
    inner join {{ ref('int_job_kinds') }} as kinds
        on {{ is_of_kind('jobs', 'kinds') }}
    group by all
),

-- links may take single jobs elsewhere: the type's rule is the one that took most of those that are no call-backs
in_force as (
    select *
    from by_rule
    qualify row_number() over (
        partition by tenant_id, job_type_id, business_unit_id
        order by ordinary_jobs desc, jobs desc, priority, match_field, coalesce(pattern, '')
    ) = 1
),

counted as (
    select
        tenant_id,
        job_type_id,
        business_unit_id,
        {%- for column in counted %}
        sum({{ column }}) as {{ column }},
        {%- endfor %}
    from by_rule
    group by all
),

of_types as (
    select
        tenant_id,
        job_type_id,
        {%- for column in counted %}
        sum({{ column }}) as {{ column }},
        {%- endfor %}
    from counted
    group by all
),

of_tenants as (
    select
        tenant_id,
        sum(jobs_from_estimate) as jobs_from_estimate,
    from counted
    group by all
),

judged as (
    select
        counted.*,
        {{ kind_by_behaviour('counted', 'of_tenants') }} as kind_by_behaviour,
        {{ kind_by_behaviour('of_types', 'of_tenants') }} as type_kind_by_behaviour,
    from counted
    inner join of_types
        on counted.tenant_id = of_types.tenant_id
        and counted.job_type_id is not distinct from of_types.job_type_id
    inner join of_tenants on counted.tenant_id = of_tenants.tenant_id
)

select
    judged.tenant_id,
    tenants.tenant_name,
    judged.job_type_id,
    in_force.job_type_name,
    judged.business_unit_id,
    in_force.business_unit_name,
    in_force.job_kind,
    in_force.match_field,
    in_force.pattern,
    in_force.priority,
    in_force.rule_tenant_id,
    in_force.origin,
    last_rule.priority is null as is_known,
    judged.kind_by_behaviour,
    judged.type_kind_by_behaviour,
    coalesce(in_force.job_kind != coalesce(judged.kind_by_behaviour, judged.type_kind_by_behaviour), false)
        as is_disagreement,
    {%- for column in counted %}
    cast(judged.{{ column }} as bigint) as {{ column }},
    {%- endfor %}
    {%- for share, column in {
        'share_from_estimate': 'jobs_from_estimate',
        'share_after_sale': 'jobs_after_sale',
        'share_with_estimates': 'jobs_with_estimates',
        'share_that_became_another': 'jobs_that_became_another',
        'share_free': 'free_jobs',
    }.items() %}
    cast(judged.{{ column }} as double) / nullif(judged.ordinary_jobs, 0) as {{ share }},
    {%- endfor %}
from judged
inner join in_force
    on judged.tenant_id = in_force.tenant_id
    and judged.job_type_id is not distinct from in_force.job_type_id
    and judged.business_unit_id is not distinct from in_force.business_unit_id
left join {{ ref('stg_servicetitan__tenants') }} as tenants on judged.tenant_id = tenants.tenant_id
left join last_rule on {{ is_rule('in_force', 'last_rule') }}
