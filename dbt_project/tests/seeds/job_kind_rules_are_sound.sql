with rules as (
    select
        *,
        concat_ws(
            ', ',
            coalesce('tenant ' || tenant_id, 'every tenant'),
            coalesce(match_field, 'no field'),
            coalesce('pattern ' || pattern, 'no pattern'),
            coalesce('priority ' || priority, 'no priority')
        ) as rule_text,
    from {{ ref('job_kind_rules') }}
),

found as (
    select
        rule_text,
        'looks at no field that there is' as what,
    from rules
    where
        coalesce(match_field, '') not in (
            'job_type_id', 'job_type_name', 'business_unit_id', 'business_unit_name',
            'recall_for_id', 'warranty_id', 'created_from_estimate_id', 'no_charge'
        )
    union all
    select
        rule_text,
        concat('gives the kind ', coalesce(job_kind, '(empty)'), ': sales, install or other') as what,
    from rules
    where coalesce(job_kind, '') not in ('sales', 'install', 'other')
    union all
    select
        rule_text,
        'has no priority' as what,
    from rules
    where priority is null
    union all
    select
        rule_text,
        'is no number' as what,
    from rules
    where match_field in ('job_type_id', 'business_unit_id') and not regexp_full_match(pattern, '\d+')
    union all
    select
        rule_text,
        'is no id, and not *' as what,
    from rules
    where
        match_field in ('recall_for_id', 'warranty_id', 'created_from_estimate_id')
        and not regexp_full_match(coalesce(pattern, ''), '\*|[1-9]\d*')
    union all
    select
        rule_text,
        'is not true, and not false' as what,
    from rules
    where match_field = 'no_charge' and coalesce(pattern, '') not in ('true', 'false')
    union all
    select
        rule_text,
        'has estimates_from, and is not other' as what,
    from rules
    where estimates_from is not null and job_kind != 'other'
    union all
    select
        rule_text,
        'is no regular expression' as what,
    from rules
    where
        match_field in ('job_type_name', 'business_unit_name')
        and pattern is not null
        and try(regexp_matches('', pattern, 'i')) is null
    union all
    select
        array_to_string(array_agg(rule_text order by priority), ' and ') as rule_text,
        'have one tenant, field and pattern' as what,
    from rules
    group by tenant_id, match_field, pattern, origin
    having count(*) > 1
)

select concat('job_kind_rules: ', rule_text, ' ', what) as problem,
from found
