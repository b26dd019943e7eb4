-- of a tenant whose first read goes on, what is missing is still to come
select waiting.*
from {{ ref('int_records__waiting') }} as waiting
semi join {{ ref('tenant_baselines') }} as baselines on waiting.tenant_id = baselines.tenant_id
where coalesce(waiting.dated_at < {{ as_of() }} - interval 24 hour, true)
