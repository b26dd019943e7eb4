-- What the console lists, the newest first, fifty at a time among ten million: each filter has an index in that order.
create index deliveries_listed on deliveries (tenant_id, status, created_at);
create index deliveries_reason on deliveries (tenant_id, reason, created_at) where reason is not null;
create index deliveries_suppressed on deliveries (tenant_id, suppressed, created_at, sequence, reason)
where suppressed is not null;
create index deliveries_flow on deliveries (tenant_id, flow_name, created_at) where flow_name is not null;

-- A held batch is shown flow by flow.
drop index deliveries_batch;
create index deliveries_batch on deliveries (batch, status, flow_name, tenant_id, created_at) where batch is not null;
