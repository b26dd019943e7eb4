-- depends_on: {{ ref('int_loads__seen') }}

{%- set begun = relation_before(this.schema, 'int_derivations__begun') %}
{%- set ended = relation_before(this.schema, 'int_derivations__ended') %}
{%- set loads = relation_before(this.schema, 'int_loads__derived') %}
{%- set is_first = not (begun and ended and loads and has_column(ended, 'derivation_id')) %}

with this_time as (
    select
        {{ as_of() }} as as_of,
        '{{ invocation_id }}' as derivation_id,
        '{{ var("project_version", invocation_id) }}' as project_version,
),

{% if not is_first -%}
clocks as (
    select as_of from {{ begun }}
    union all
    select as_of from {{ ended }}
),

counted as (
    select
        before.source_table,
        sum(before.row_count) as rows_before,
        (
            select coalesce(sum(now.row_count), 0) from {{ ref('int_loads__seen') }} as now
            where now.source_table = before.source_table
        ) as rows_now,
    from {{ loads }} as before
    group by all
),

tenants as (
    select load_id from {{ ref('int_loads__seen') }}
    where source_table = 'tenants'
),

{% endif -%}
-- everything is derived anew at first and where it was asked for, where the clock was set back, where the project or a
-- tenant's configuration has changed, and where rows are gone, which no load tells
begun as (
    select
        *,
        {% if is_first or var('of_everyone', false) or flags.FULL_REFRESH -%}
        true
        {%- else -%}
        as_of < (select max(clocks.as_of) from clocks)
        or project_version not in (select ended.project_version from {{ ended }} as ended)
        or exists (from counted where counted.rows_now < counted.rows_before)
        or exists (from tenants where tenants.load_id not in (select loads.load_id from {{ loads }} as loads))
        {%- endif %} as is_full,
    from this_time
)

-- the one before, where that came to its end and only what changed since is derived
select
    *,
    {% if is_first -%}
    cast(null as varchar)
    {%- else -%}
    case
        when not is_full
            then (
                select ended.derivation_id
                from {{ ended }} as ended
                inner join {{ begun }} as before on ended.derivation_id = before.derivation_id
            )
    end
    {%- endif %} as previous_derivation_id,
from begun
