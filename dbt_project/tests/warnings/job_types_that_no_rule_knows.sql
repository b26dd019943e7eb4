with last_rule as (
    {{ last_rule() }}
)

select distinct
    kinds.tenant_name,
    kinds.job_type_id,
    kinds.job_type_name,
from {{ ref('job_kinds') }} as kinds
inner join last_rule on {{ is_rule('kinds', 'last_rule') }}
