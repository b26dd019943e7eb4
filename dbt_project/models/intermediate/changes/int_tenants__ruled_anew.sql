{%- set before = relation_before(this.schema, 'derivation_rules') %}
{%- set is_first = not relation_before('marts', 'customer_state_transitions') %}

with rules as (
    select * from {{ ref('int_rules') }}
),

tenants as (
    select tenant_id from {{ ref('stg_servicetitan__tenants') }}
),

{% if before -%}
rules_before as (
    select * from {{ before }}
),

-- a name that has come is no new rule
differing as (
    select coalesce(rules.tenant_id, rules_before.tenant_id) as tenant_id
    from rules
    full join rules_before
        on rules.tenant_id is not distinct from rules_before.tenant_id
        and rules.subject = rules_before.subject
        and rules.subject_id is not distinct from rules_before.subject_id
    where
        rules.content is distinct from rules_before.content
        and (rules.subject_id is null or rules_before.content is not null)
),

ruled_anew as (
    select distinct tenants.tenant_id
    from tenants
    inner join differing on tenants.tenant_id = coalesce(differing.tenant_id, tenants.tenant_id)
)
{%- else -%}
-- the log is of an earlier version, which kept no rules
ruled_anew as (
    select tenant_id from tenants
    where {{ 'false' if is_first else 'true' }}
)
{%- endif %}

select * from ruled_anew
