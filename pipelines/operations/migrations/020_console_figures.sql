-- Flows that were started since a moment, by tenant, out of the index alone.
drop index deliveries_delivered;
create index deliveries_started on deliveries (delivered_at, tenant_id)
where delivered_at is not null and kind = 'changed' and flow_name is not null and suppressed is null;

-- A decision about a delivery is its tenant's: a tenant's newest are found without a look at all others.
update decisions
set tenant_id = (select tenant_id from deliveries where deliveries.webhook_id = decisions.webhook_id)
where tenant_id is null and webhook_id is not null;

-- Who turned a tenant's switch last, among all that was decided about it.
create index decisions_of_kind on decisions (tenant_id, action) where tenant_id is not null;
