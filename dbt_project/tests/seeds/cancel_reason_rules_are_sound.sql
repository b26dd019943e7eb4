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
    from {{ ref('cancel_reason_rules') }}
),

found as (
    select
        rule_text,
        'looks at no field that there is: reason_id or reason_name' as what,
    from rules
    where coalesce(match_field, '') not in ('reason_id', 'reason_name')
    union all
    select
        rule_text,
        'does not say whether it starts a flow' as what,
    from rules
    where starts_flow is null
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
    where match_field = 'reason_id' and not regexp_full_match(pattern, '\d+')
    union all
    select
        rule_text,
        'is no regular expression' as what,
    from rules
    where match_field = 'reason_name' and pattern is not null and try(regexp_matches('', pattern, 'i')) is null
    union all
    select
        array_to_string(array_agg(rule_text order by priority), ' and ') as rule_text,
        'have one tenant, field and pattern' as what,
    from rules
    group by tenant_id, match_field, pattern, origin
    having count(*) > 1
)

select concat('cancel_reason_rules: ', rule_text, ' ', what) as problem,
from found
