{{ config(materialized='view') }}

{%- set streams = "'" ~ var('streams') | join("', '") ~ "'" %}

-- a sync is complete when every stream of it came to its end
select distinct tenant_id
from {{ ref('stg_servicetitan__tenant_syncs') }}
where is_complete and stream in ({{ streams }})
group by tenant_id, sync_id
having count(distinct stream) = {{ var('streams') | length }}
