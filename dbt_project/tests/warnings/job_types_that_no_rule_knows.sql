-- the last rule is the one that takes what is left, by the order in which the rules are asked
with last_rule as (
    select *
    from {{ ref('job_kind_rules') }}
    order by
        priority desc, tenant_id is null desc, origin = 'shipped' desc, match_field desc, coalesce(pattern, '') desc
    limit 1
)

select distinct
    kinds.tenant_name,
    kinds.job_type_id,
    kinds.job_type_name,
from {{ ref('job_kinds') }} as kinds
inner join last_rule
    on kinds.priority = last_rule.priority
    and kinds.match_field = last_rule.match_field
    and kinds.pattern is not distinct from last_rule.pattern
    and kinds.rule_tenant_id is not distinct from last_rule.tenant_id
    and kinds.origin = last_rule.origin
