{%- set loads = relation_before(this.schema, 'int_loads__derived') %}

-- the loads of which the last derivation had not seen a row, or not all; rows without a load are always new
select
    seen.source_table,
    seen.load_id,
from {{ ref('int_loads__seen') }} as seen
{% if loads -%}
left join {{ loads }} as before
    on seen.source_table = before.source_table
    and seen.load_id = before.load_id
where
    coalesce(seen.row_count > before.row_count, true)
    or seen.load_id = ''
    or (select is_full from {{ ref('int_derivations__begun') }})
{%- endif %}
-- depends_on: {{ ref('int_derivations__begun') }}
