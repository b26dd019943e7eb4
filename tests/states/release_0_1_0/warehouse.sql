-- What 0.1.0 left in warehouse.duckdb: all its tables, as SQL of DuckDB.
create schema servicetitan;
create table servicetitan."appointments" ("tenant_id" BIGINT, "id" BIGINT, "job_id" BIGINT, "customer_id" BIGINT, "created_by_id" BIGINT, "active" BOOLEAN, "unused" BOOLEAN, "is_confirmed" BOOLEAN, "appointment_number" VARCHAR, "status" VARCHAR, "special_instructions" VARCHAR, "start" TIMESTAMP WITH TIME ZONE, "end" TIMESTAMP WITH TIME ZONE, "arrival_window_start" TIMESTAMP WITH TIME ZONE, "arrival_window_end" TIMESTAMP WITH TIME ZONE, "created_on" TIMESTAMP WITH TIME ZONE, "modified_on" TIMESTAMP WITH TIME ZONE, "appointment_summaries" JSON, "record" JSON, "_dlt_load_id" VARCHAR);
insert into servicetitan."appointments" ("tenant_id", "id", "job_id", "active", "status", "start", "end", "created_on", "modified_on", "_dlt_load_id") values
(410387862, 1001, 1001, true, 'Scheduled', '2026-10-28 12:00:00+00', '2026-10-28 14:00:00+00', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 1002, 1002, true, 'Scheduled', '2026-10-28 12:00:00+00', '2026-10-28 14:00:00+00', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 1003, 1003, true, 'Scheduled', '2026-10-28 12:00:00+00', '2026-10-28 14:00:00+00', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 1004, 1004, true, 'Scheduled', '2026-10-28 12:00:00+00', '2026-10-28 14:00:00+00', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 1005, 1005, true, 'Scheduled', '2026-11-27 13:00:00+00', '2026-11-27 15:00:00+00', '2026-11-20 13:00:00+00', '2026-11-20 13:00:00+00', '1790000003.0'),
(410387862, 1006, 1006, true, 'Scheduled', '2026-10-28 12:00:00+00', '2026-10-28 14:00:00+00', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 1008, 1008, true, 'Scheduled', '2026-10-28 12:00:00+00', '2026-10-28 14:00:00+00', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 1009, 1009, true, 'Scheduled', '2026-05-11 12:00:00+00', '2026-05-11 14:00:00+00', '2026-05-04 12:00:00+00', '2026-05-04 12:00:00+00', '1790000001.0'),
(410387862, 1012, 1012, true, 'Scheduled', '2026-11-27 13:00:00+00', '2026-11-27 15:00:00+00', '2026-11-20 13:00:00+00', '2026-11-20 13:00:00+00', '1790000003.0'),
(410387862, 1016, 1016, true, 'Scheduled', '2026-10-28 12:00:00+00', '2026-10-28 14:00:00+00', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 1019, 1019, true, 'Scheduled', '2026-11-27 14:00:00+00', '2026-11-27 16:00:00+00', '2026-11-20 14:00:00+00', '2026-11-20 14:00:00+00', '1790000005.0'),
(410387862, 1020, 1020, true, 'Scheduled', '2026-11-27 14:00:00+00', '2026-11-27 16:00:00+00', '2026-11-20 14:00:00+00', '2026-11-20 14:00:00+00', '1790000005.0'),
(410387862, 1025, 1025, true, 'Scheduled', '2026-11-27 17:00:00+00', '2026-11-27 19:00:00+00', '2026-11-20 17:00:00+00', '2026-11-20 17:00:00+00', '1790000011.0'),
(410387862, 1026, 1026, true, 'Scheduled', '2026-11-27 17:00:00+00', '2026-11-27 19:00:00+00', '2026-11-20 17:00:00+00', '2026-11-20 17:00:00+00', '1790000011.0');
create table servicetitan."business_units" ("tenant_id" BIGINT, "id" BIGINT, "active" BOOLEAN, "name" VARCHAR, "official_name" VARCHAR, "email" VARCHAR, "currency" VARCHAR, "phone_number" VARCHAR, "invoice_header" VARCHAR, "invoice_message" VARCHAR, "authorization_paragraph" VARCHAR, "acknowledgement_paragraph" VARCHAR, "material_sku" VARCHAR, "quickbooks_class" VARCHAR, "account_code" VARCHAR, "franchise_id" VARCHAR, "concept_code" VARCHAR, "corporate_contract_number" VARCHAR, "certified_sentricon_specialist_code" VARCHAR, "created_on" TIMESTAMP WITH TIME ZONE, "modified_on" TIMESTAMP WITH TIME ZONE, "default_tax_rate" DECIMAL(38,9), "address" JSON, "trade" JSON, "division" JSON, "tag_type_ids" JSON, "tenant" JSON, "external_data" JSON, "record" JSON, "_dlt_load_id" VARCHAR);
create table servicetitan."contact_links" ("tenant_id" BIGINT, "customer_id" BIGINT, "contact_id" VARCHAR, "linked_at" TIMESTAMP WITH TIME ZONE, "_dlt_load_id" VARCHAR);
create table servicetitan."customer_contacts" ("tenant_id" BIGINT, "id" BIGINT, "customer_id" BIGINT, "active" BOOLEAN, "type" VARCHAR, "value" VARCHAR, "memo" VARCHAR, "created_on" TIMESTAMP WITH TIME ZONE, "modified_on" TIMESTAMP WITH TIME ZONE, "phone_settings" JSON, "preferences" JSON, "record" JSON, "_dlt_load_id" VARCHAR);
insert into servicetitan."customer_contacts" ("tenant_id", "id", "customer_id", "active", "type", "value", "created_on", "modified_on", "_dlt_load_id") values
(410387862, 101, 1, true, 'Email', 'customer1@example.com', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 102, 2, true, 'Email', 'customer2@example.com', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 103, 3, true, 'Email', 'customer3@example.com', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 104, 4, true, 'Email', 'customer4@example.com', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 105, 5, true, 'Email', 'customer5@example.com', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 106, 6, true, 'Email', 'customer6@example.com', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 107, 7, true, 'Email', 'customer7@example.com', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 108, 8, true, 'Email', 'customer8@example.com', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 109, 9, true, 'Email', 'customer9@example.com', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 110, 10, true, 'Email', 'customer10@example.com', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 111, 11, true, 'Email', 'customer11@example.com', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 112, 12, true, 'Email', 'customer12@example.com', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 113, 13, true, 'Email', 'customer13@example.com', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 114, 14, true, 'Email', 'customer14@example.com', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 115, 15, true, 'Email', 'customer15@example.com', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 116, 16, true, 'Email', 'customer16@example.com', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 117, 17, true, 'Email', 'customer17@example.com', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 118, 18, true, 'Email', 'customer18@example.com', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 119, 19, true, 'Email', 'customer19@example.com', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 120, 20, true, 'Email', 'customer20@example.com', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 121, 21, true, 'Email', 'customer21@example.com', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 122, 22, true, 'Email', 'customer22@example.com', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 123, 23, true, 'Email', 'customer23@example.com', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 124, 24, true, 'Email', 'customer24@example.com', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 125, 25, true, 'Email', 'customer25@example.com', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 126, 26, true, 'Email', 'customer26@example.com', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 127, 27, true, 'Email', 'customer27@example.com', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 128, 28, true, 'Email', 'customer28@example.com', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 129, 29, true, 'Email', 'customer29@example.com', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 130, 30, true, 'Email', 'customer30@example.com', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0');
create table servicetitan."customers" ("tenant_id" BIGINT, "id" BIGINT, "created_by_id" BIGINT, "merged_to_id" BIGINT, "payment_term_id" BIGINT, "active" BOOLEAN, "tax_exempt" BOOLEAN, "do_not_mail" BOOLEAN, "do_not_service" BOOLEAN, "national_account" BOOLEAN, "name" VARCHAR, "type" VARCHAR, "created_on" TIMESTAMP WITH TIME ZONE, "modified_on" TIMESTAMP WITH TIME ZONE, "balance" DECIMAL(38,9), "credit_limit" DECIMAL(38,9), "credit_limit_balance" DECIMAL(38,9), "address" JSON, "custom_fields" JSON, "tag_type_ids" JSON, "external_data" JSON, "record" JSON, "_dlt_load_id" VARCHAR);
insert into servicetitan."customers" ("tenant_id", "id", "active", "name", "type", "created_on", "modified_on", "_dlt_load_id") values
(410387862, 1, true, 'Customer 1', 'Residential', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 2, true, 'Customer 2', 'Residential', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 3, true, 'Customer 3', 'Residential', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 4, true, 'Customer 4', 'Residential', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 5, true, 'Customer 5', 'Residential', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 6, true, 'Customer 6', 'Residential', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 7, true, 'Customer 7', 'Residential', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 8, true, 'Customer 8', 'Residential', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 9, true, 'Customer 9', 'Residential', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 10, true, 'Customer 10', 'Residential', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 11, true, 'Customer 11', 'Residential', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 12, true, 'Customer 12', 'Residential', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 13, true, 'Customer 13', 'Residential', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 14, true, 'Customer 14', 'Residential', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 15, true, 'Customer 15', 'Residential', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 16, true, 'Customer 16', 'Residential', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 17, true, 'Customer 17', 'Residential', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 18, true, 'Customer 18', 'Residential', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 19, true, 'Customer 19', 'Residential', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 20, true, 'Customer 20', 'Residential', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 21, true, 'Customer 21', 'Residential', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 22, true, 'Customer 22', 'Residential', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 23, true, 'Customer 23', 'Residential', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 24, true, 'Customer 24', 'Residential', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 25, true, 'Customer 25', 'Residential', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 26, true, 'Customer 26', 'Residential', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 27, true, 'Customer 27', 'Residential', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 28, true, 'Customer 28', 'Residential', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 29, true, 'Customer 29', 'Residential', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 30, true, 'Customer 30', 'Residential', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0');
create table servicetitan."estimates" ("tenant_id" BIGINT, "id" BIGINT, "job_id" BIGINT, "project_id" BIGINT, "location_id" BIGINT, "customer_id" BIGINT, "sold_by" BIGINT, "business_unit_id" BIGINT, "budget_code_id" BIGINT, "active" BOOLEAN, "is_recommended" BOOLEAN, "is_change_order" BOOLEAN, "require_deposit_on_signature" BOOLEAN, "name" VARCHAR, "job_number" VARCHAR, "review_status" VARCHAR, "summary" VARCHAR, "business_unit_name" VARCHAR, "proposal_tag_name" VARCHAR, "created_on" TIMESTAMP WITH TIME ZONE, "modified_on" TIMESTAMP WITH TIME ZONE, "sold_on" TIMESTAMP WITH TIME ZONE, "subtotal" DECIMAL(38,9), "tax" DECIMAL(38,9), "deposit_amount" DECIMAL(38,9), "deposit_percent" DECIMAL(38,9), "status" JSON, "items" JSON, "external_links" JSON, "record" JSON, "_dlt_load_id" VARCHAR);
insert into servicetitan."estimates" ("tenant_id", "id", "job_id", "customer_id", "active", "name", "created_on", "modified_on", "sold_on", "subtotal", "status", "_dlt_load_id") values
(410387862, 3008, null, 8, true, 'Second', '2026-11-20 13:00:00+00', '2026-11-20 13:00:00+00', '2026-11-20 13:00:00+00', '100.000000000', '{"value":1,"name":"Sold"}', '1790000003.0'),
(410387862, 3009, 1020, 8, true, null, '2026-11-20 14:00:00+00', '2026-11-20 14:00:00+00', '2026-11-20 14:01:00+00', '5.000000000', '{"value":1,"name":"Sold"}', '1790000005.0');
create table servicetitan."job_canceled_logs" ("tenant_id" BIGINT, "id" BIGINT, "job_id" BIGINT, "reason_id" BIGINT, "created_by_id" BIGINT, "active" BOOLEAN, "memo" VARCHAR, "created_on" TIMESTAMP WITH TIME ZONE, "record" JSON, "_dlt_load_id" VARCHAR);
insert into servicetitan."job_canceled_logs" ("tenant_id", "id", "job_id", "active", "created_on", "_dlt_load_id") values
(410387862, 4019, 1019, true, '2026-11-20 15:00:00+00', '1790000007.0');
create table servicetitan."job_types" ("tenant_id" BIGINT, "id" BIGINT, "duration" BIGINT, "active" BOOLEAN, "no_charge" BOOLEAN, "enforce_recurring_service_event_selection" BOOLEAN, "invoice_signatures_required" BOOLEAN, "is_smart_dispatched" BOOLEAN, "name" VARCHAR, "priority" VARCHAR, "class" VARCHAR, "summary" VARCHAR, "default_estimate_sold_action" VARCHAR, "created_on" TIMESTAMP WITH TIME ZONE, "modified_on" TIMESTAMP WITH TIME ZONE, "sold_threshold" DECIMAL(38,9), "business_unit_ids" JSON, "skills" JSON, "tag_type_ids" JSON, "external_data" JSON, "custom_field_type_ids" JSON, "record" JSON, "_dlt_load_id" VARCHAR);
insert into servicetitan."job_types" ("tenant_id", "id", "active", "name", "created_on", "modified_on", "_dlt_load_id") values
(410387862, 1, true, 'Sales Visit', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 2, true, 'Window Install', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 3, true, 'Tune-Up', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 4, true, 'AC Changeout', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0');
create table servicetitan."jobs" ("tenant_id" BIGINT, "id" BIGINT, "project_id" BIGINT, "customer_id" BIGINT, "location_id" BIGINT, "business_unit_id" BIGINT, "job_type_id" BIGINT, "campaign_id" BIGINT, "appointment_count" BIGINT, "first_appointment_id" BIGINT, "last_appointment_id" BIGINT, "recall_for_id" BIGINT, "warranty_id" BIGINT, "created_by_id" BIGINT, "lead_call_id" BIGINT, "partner_lead_call_id" BIGINT, "booking_id" BIGINT, "sold_by_id" BIGINT, "invoice_id" BIGINT, "membership_id" BIGINT, "created_from_estimate_id" BIGINT, "active" BOOLEAN, "no_charge" BOOLEAN, "notifications_enabled" BOOLEAN, "is_auto_dispatched" BOOLEAN, "job_number" VARCHAR, "job_status" VARCHAR, "priority" VARCHAR, "customer_po" VARCHAR, "summary" VARCHAR, "summary_of_work" VARCHAR, "completed_on" TIMESTAMP WITH TIME ZONE, "created_on" TIMESTAMP WITH TIME ZONE, "modified_on" TIMESTAMP WITH TIME ZONE, "total" DECIMAL(38,9), "job_generated_lead_source" JSON, "tag_type_ids" JSON, "estimate_ids" JSON, "equipment_ids" JSON, "custom_fields" JSON, "external_data" JSON, "record" JSON, "_dlt_load_id" VARCHAR);
insert into servicetitan."jobs" ("tenant_id", "id", "project_id", "customer_id", "job_type_id", "recall_for_id", "active", "job_status", "completed_on", "created_on", "modified_on", "_dlt_load_id") values
(410387862, 1001, null, 1, 2, null, true, 'Completed', '2026-10-26 12:00:00+00', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 1002, null, 2, 4, null, true, 'Scheduled', null, '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 1003, null, 3, 4, null, true, 'Scheduled', null, '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 1004, null, 4, 3, null, true, 'Scheduled', null, '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 1005, null, 5, 2, 1001, true, 'Scheduled', null, '2026-11-20 13:00:00+00', '2026-11-20 13:00:00+00', '1790000003.0'),
(410387862, 1006, 77, 6, 2, null, true, 'Completed', '2026-11-20 13:00:00+00', '2026-10-21 12:00:00+00', '2026-11-20 13:00:00+00', '1790000003.0'),
(410387862, 1008, null, 8, 2, null, true, 'Completed', '2026-10-26 12:00:00+00', '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 1009, null, 9, 1, null, true, 'Scheduled', null, '2026-05-04 12:00:00+00', '2026-05-04 12:00:00+00', '1790000001.0'),
(410387862, 1012, null, 12, 1, null, true, 'Scheduled', null, '2026-11-20 13:00:00+00', '2026-11-20 13:00:00+00', '1790000003.0'),
(410387862, 1016, 77, 6, 2, null, true, 'Scheduled', null, '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00', '1790000001.0'),
(410387862, 1019, null, 9, 1, null, true, 'Canceled', null, '2026-11-20 14:00:00+00', '2026-11-20 15:00:00+00', '1790000007.0'),
(410387862, 1020, null, 8, 1, null, true, 'Scheduled', null, '2026-11-20 14:00:00+00', '2026-11-20 14:00:00+00', '1790000005.0'),
(410387862, 1025, null, 25, 1, null, true, 'Scheduled', null, '2026-11-20 17:00:00+00', '2026-11-20 17:00:00+00', '1790000011.0'),
(410387862, 1026, null, 26, 1, null, true, 'Scheduled', null, '2026-11-20 17:00:00+00', '2026-11-20 17:00:00+00', '1790000011.0');
create table servicetitan."leads" ("tenant_id" BIGINT, "id" BIGINT, "customer_id" BIGINT, "location_id" BIGINT, "business_unit_id" BIGINT, "job_type_id" BIGINT, "campaign_id" BIGINT, "created_by_id" BIGINT, "call_reason_id" BIGINT, "call_id" BIGINT, "booking_id" BIGINT, "manual_call_id" BIGINT, "dismissing_reason_id" BIGINT, "active" BOOLEAN, "status" VARCHAR, "priority" VARCHAR, "summary" VARCHAR, "lead_url" VARCHAR, "lead_customer_name" VARCHAR, "lead_phone" VARCHAR, "lead_email" VARCHAR, "lead_street" VARCHAR, "lead_unit" VARCHAR, "lead_city" VARCHAR, "lead_state" VARCHAR, "lead_zip" VARCHAR, "lead_country" VARCHAR, "capture_source" VARCHAR, "follow_up_date" TIMESTAMP WITH TIME ZONE, "created_on" TIMESTAMP WITH TIME ZONE, "modified_on" TIMESTAMP WITH TIME ZONE, "tag_type_ids" JSON, "record" JSON, "_dlt_load_id" VARCHAR);
insert into servicetitan."leads" ("tenant_id", "id", "customer_id", "active", "status", "created_on", "modified_on", "_dlt_load_id") values
(410387862, 2001, 11, true, 'Open', '2026-11-20 13:00:00+00', '2026-11-20 13:00:00+00', '1790000003.0'),
(410387862, 2020, 20, true, 'Open', '2026-11-20 16:00:00+00', '2026-11-20 16:00:00+00', '1790000009.0'),
(410387862, 2021, 21, true, 'Open', '2026-11-20 16:00:00+00', '2026-11-20 16:00:00+00', '1790000009.0'),
(410387862, 2022, 22, true, 'Open', '2026-11-20 16:00:00+00', '2026-11-20 16:00:00+00', '1790000009.0'),
(410387862, 2023, 23, true, 'Open', '2026-11-20 16:00:00+00', '2026-11-20 16:00:00+00', '1790000009.0'),
(410387862, 2024, 24, true, 'Open', '2026-11-20 16:00:00+00', '2026-11-20 16:00:00+00', '1790000009.0');
create table servicetitan."state_updates" ("tenant_id" BIGINT, "id" VARCHAR, "customer_id" BIGINT, "to_state" DECIMAL(2,1), "job_id" BIGINT, "reason" VARCHAR, "set_by" VARCHAR, "set_at" TIMESTAMP WITH TIME ZONE, "_dlt_load_id" VARCHAR);
create table servicetitan."tenant_syncs" ("sync_id" VARCHAR, "tenant_id" BIGINT, "tenant_name" VARCHAR, "stream" VARCHAR, "started_at" TIMESTAMP WITH TIME ZONE, "ended_at" TIMESTAMP WITH TIME ZONE, "rows" BIGINT, "pages" BIGINT, "complete" BOOLEAN, "error" VARCHAR, "_dlt_load_id" VARCHAR);
insert into servicetitan."tenant_syncs" ("sync_id", "tenant_id", "tenant_name", "stream", "started_at", "ended_at", "rows", "pages", "complete", "_dlt_load_id") values
('1', 410387862, 'socal', 'appointments', '2026-11-20 11:00:00+00', '2026-11-20 11:00:00+00', 1, 1, true, '1790000001.0'),
('1', 410387862, 'socal', 'business_units', '2026-11-20 11:00:00+00', '2026-11-20 11:00:00+00', 1, 1, true, '1790000001.0'),
('1', 410387862, 'socal', 'customer_contacts', '2026-11-20 11:00:00+00', '2026-11-20 11:00:00+00', 1, 1, true, '1790000001.0'),
('1', 410387862, 'socal', 'customers', '2026-11-20 11:00:00+00', '2026-11-20 11:00:00+00', 1, 1, true, '1790000001.0'),
('1', 410387862, 'socal', 'estimates', '2026-11-20 11:00:00+00', '2026-11-20 11:00:00+00', 1, 1, true, '1790000001.0'),
('1', 410387862, 'socal', 'job_canceled_logs', '2026-11-20 11:00:00+00', '2026-11-20 11:00:00+00', 1, 1, true, '1790000001.0'),
('1', 410387862, 'socal', 'job_types', '2026-11-20 11:00:00+00', '2026-11-20 11:00:00+00', 1, 1, true, '1790000001.0'),
('1', 410387862, 'socal', 'jobs', '2026-11-20 11:00:00+00', '2026-11-20 11:00:00+00', 1, 1, true, '1790000001.0'),
('1', 410387862, 'socal', 'leads', '2026-11-20 11:00:00+00', '2026-11-20 11:00:00+00', 1, 1, true, '1790000001.0'),
('2', 410387862, 'socal', 'appointments', '2026-11-20 12:04:00+00', '2026-11-20 12:04:00+00', 1, 1, true, '1790000002.0'),
('2', 410387862, 'socal', 'business_units', '2026-11-20 12:04:00+00', '2026-11-20 12:04:00+00', 1, 1, true, '1790000002.0'),
('2', 410387862, 'socal', 'customer_contacts', '2026-11-20 12:04:00+00', '2026-11-20 12:04:00+00', 1, 1, true, '1790000002.0'),
('2', 410387862, 'socal', 'customers', '2026-11-20 12:04:00+00', '2026-11-20 12:04:00+00', 1, 1, true, '1790000002.0'),
('2', 410387862, 'socal', 'estimates', '2026-11-20 12:04:00+00', '2026-11-20 12:04:00+00', 1, 1, true, '1790000002.0'),
('2', 410387862, 'socal', 'job_canceled_logs', '2026-11-20 12:04:00+00', '2026-11-20 12:04:00+00', 1, 1, true, '1790000002.0'),
('2', 410387862, 'socal', 'job_types', '2026-11-20 12:04:00+00', '2026-11-20 12:04:00+00', 1, 1, true, '1790000002.0'),
('2', 410387862, 'socal', 'jobs', '2026-11-20 12:04:00+00', '2026-11-20 12:04:00+00', 1, 1, true, '1790000002.0'),
('2', 410387862, 'socal', 'leads', '2026-11-20 12:04:00+00', '2026-11-20 12:04:00+00', 1, 1, true, '1790000002.0'),
('3', 410387862, 'socal', 'appointments', '2026-11-20 13:04:00+00', '2026-11-20 13:04:00+00', 1, 1, true, '1790000004.0'),
('3', 410387862, 'socal', 'business_units', '2026-11-20 13:04:00+00', '2026-11-20 13:04:00+00', 1, 1, true, '1790000004.0'),
('3', 410387862, 'socal', 'customer_contacts', '2026-11-20 13:04:00+00', '2026-11-20 13:04:00+00', 1, 1, true, '1790000004.0'),
('3', 410387862, 'socal', 'customers', '2026-11-20 13:04:00+00', '2026-11-20 13:04:00+00', 1, 1, true, '1790000004.0'),
('3', 410387862, 'socal', 'estimates', '2026-11-20 13:04:00+00', '2026-11-20 13:04:00+00', 1, 1, true, '1790000004.0'),
('3', 410387862, 'socal', 'job_canceled_logs', '2026-11-20 13:04:00+00', '2026-11-20 13:04:00+00', 1, 1, true, '1790000004.0'),
('3', 410387862, 'socal', 'job_types', '2026-11-20 13:04:00+00', '2026-11-20 13:04:00+00', 1, 1, true, '1790000004.0'),
('3', 410387862, 'socal', 'jobs', '2026-11-20 13:04:00+00', '2026-11-20 13:04:00+00', 1, 1, true, '1790000004.0'),
('3', 410387862, 'socal', 'leads', '2026-11-20 13:04:00+00', '2026-11-20 13:04:00+00', 1, 1, true, '1790000004.0'),
('4', 410387862, 'socal', 'appointments', '2026-11-20 14:04:00+00', '2026-11-20 14:04:00+00', 1, 1, true, '1790000006.0'),
('4', 410387862, 'socal', 'business_units', '2026-11-20 14:04:00+00', '2026-11-20 14:04:00+00', 1, 1, true, '1790000006.0'),
('4', 410387862, 'socal', 'customer_contacts', '2026-11-20 14:04:00+00', '2026-11-20 14:04:00+00', 1, 1, true, '1790000006.0'),
('4', 410387862, 'socal', 'customers', '2026-11-20 14:04:00+00', '2026-11-20 14:04:00+00', 1, 1, true, '1790000006.0'),
('4', 410387862, 'socal', 'estimates', '2026-11-20 14:04:00+00', '2026-11-20 14:04:00+00', 1, 1, true, '1790000006.0'),
('4', 410387862, 'socal', 'job_canceled_logs', '2026-11-20 14:04:00+00', '2026-11-20 14:04:00+00', 1, 1, true, '1790000006.0'),
('4', 410387862, 'socal', 'job_types', '2026-11-20 14:04:00+00', '2026-11-20 14:04:00+00', 1, 1, true, '1790000006.0'),
('4', 410387862, 'socal', 'jobs', '2026-11-20 14:04:00+00', '2026-11-20 14:04:00+00', 1, 1, true, '1790000006.0'),
('4', 410387862, 'socal', 'leads', '2026-11-20 14:04:00+00', '2026-11-20 14:04:00+00', 1, 1, true, '1790000006.0'),
('5', 410387862, 'socal', 'appointments', '2026-11-20 15:04:00+00', '2026-11-20 15:04:00+00', 1, 1, true, '1790000008.0'),
('5', 410387862, 'socal', 'business_units', '2026-11-20 15:04:00+00', '2026-11-20 15:04:00+00', 1, 1, true, '1790000008.0'),
('5', 410387862, 'socal', 'customer_contacts', '2026-11-20 15:04:00+00', '2026-11-20 15:04:00+00', 1, 1, true, '1790000008.0'),
('5', 410387862, 'socal', 'customers', '2026-11-20 15:04:00+00', '2026-11-20 15:04:00+00', 1, 1, true, '1790000008.0'),
('5', 410387862, 'socal', 'estimates', '2026-11-20 15:04:00+00', '2026-11-20 15:04:00+00', 1, 1, true, '1790000008.0'),
('5', 410387862, 'socal', 'job_canceled_logs', '2026-11-20 15:04:00+00', '2026-11-20 15:04:00+00', 1, 1, true, '1790000008.0'),
('5', 410387862, 'socal', 'job_types', '2026-11-20 15:04:00+00', '2026-11-20 15:04:00+00', 1, 1, true, '1790000008.0'),
('5', 410387862, 'socal', 'jobs', '2026-11-20 15:04:00+00', '2026-11-20 15:04:00+00', 1, 1, true, '1790000008.0'),
('5', 410387862, 'socal', 'leads', '2026-11-20 15:04:00+00', '2026-11-20 15:04:00+00', 1, 1, true, '1790000008.0'),
('6', 410387862, 'socal', 'appointments', '2026-11-20 16:04:00+00', '2026-11-20 16:04:00+00', 1, 1, true, '1790000010.0'),
('6', 410387862, 'socal', 'business_units', '2026-11-20 16:04:00+00', '2026-11-20 16:04:00+00', 1, 1, true, '1790000010.0'),
('6', 410387862, 'socal', 'customer_contacts', '2026-11-20 16:04:00+00', '2026-11-20 16:04:00+00', 1, 1, true, '1790000010.0'),
('6', 410387862, 'socal', 'customers', '2026-11-20 16:04:00+00', '2026-11-20 16:04:00+00', 1, 1, true, '1790000010.0'),
('6', 410387862, 'socal', 'estimates', '2026-11-20 16:04:00+00', '2026-11-20 16:04:00+00', 1, 1, true, '1790000010.0'),
('6', 410387862, 'socal', 'job_canceled_logs', '2026-11-20 16:04:00+00', '2026-11-20 16:04:00+00', 1, 1, true, '1790000010.0'),
('6', 410387862, 'socal', 'job_types', '2026-11-20 16:04:00+00', '2026-11-20 16:04:00+00', 1, 1, true, '1790000010.0'),
('6', 410387862, 'socal', 'jobs', '2026-11-20 16:04:00+00', '2026-11-20 16:04:00+00', 1, 1, true, '1790000010.0'),
('6', 410387862, 'socal', 'leads', '2026-11-20 16:04:00+00', '2026-11-20 16:04:00+00', 1, 1, true, '1790000010.0'),
('7', 410387862, 'socal', 'appointments', '2026-11-20 17:04:00+00', '2026-11-20 17:04:00+00', 1, 1, true, '1790000012.0'),
('7', 410387862, 'socal', 'business_units', '2026-11-20 17:04:00+00', '2026-11-20 17:04:00+00', 1, 1, true, '1790000012.0'),
('7', 410387862, 'socal', 'customer_contacts', '2026-11-20 17:04:00+00', '2026-11-20 17:04:00+00', 1, 1, true, '1790000012.0'),
('7', 410387862, 'socal', 'customers', '2026-11-20 17:04:00+00', '2026-11-20 17:04:00+00', 1, 1, true, '1790000012.0'),
('7', 410387862, 'socal', 'estimates', '2026-11-20 17:04:00+00', '2026-11-20 17:04:00+00', 1, 1, true, '1790000012.0'),
('7', 410387862, 'socal', 'job_canceled_logs', '2026-11-20 17:04:00+00', '2026-11-20 17:04:00+00', 1, 1, true, '1790000012.0'),
('7', 410387862, 'socal', 'job_types', '2026-11-20 17:04:00+00', '2026-11-20 17:04:00+00', 1, 1, true, '1790000012.0'),
('7', 410387862, 'socal', 'jobs', '2026-11-20 17:04:00+00', '2026-11-20 17:04:00+00', 1, 1, true, '1790000012.0'),
('7', 410387862, 'socal', 'leads', '2026-11-20 17:04:00+00', '2026-11-20 17:04:00+00', 1, 1, true, '1790000012.0');
create table servicetitan."tenants" ("tenant_id" BIGINT, "tenant_name" VARCHAR, "workspace_id" VARCHAR, "timezone" VARCHAR, "_dlt_load_id" VARCHAR);
insert into servicetitan."tenants" ("tenant_id", "tenant_name", "_dlt_load_id") values
(410387862, 'socal', '1790000001.0');
create schema seeds;
create table seeds."customer_states" ("state" DECIMAL(2,1), "state_name" VARCHAR, "flow_name" VARCHAR, "reset_after_days" INTEGER);
insert into seeds."customer_states" ("state", "state_name", "flow_name", "reset_after_days") values
('0.0', 'Contact Record', null, null),
('1.0', 'Lead', 'Email Followup', 90),
('2.0', 'Sales Appointment Booked', 'What to Expect', 180),
('2.5', 'Sales Appointment Canceled', 'Sorry We missed you', 90),
('3.0', 'Estimates Created', 'Unsold Estimates', 90),
('4.0', 'Estimates Sold', 'Scheduled the Install', 180),
('5.0', 'Install Job Scheduled', 'What to Expect install', 180),
('5.5', 'Install Job Canceled', 'Lets reschedule', 90),
('6.0', 'Install Complete', 'Install Job Done', 90);
create table seeds."job_kind_rules" ("tenant_id" BIGINT, "match_field" VARCHAR, "pattern" VARCHAR, "job_kind" VARCHAR, "priority" INTEGER);
insert into seeds."job_kind_rules" ("match_field", "pattern", "job_kind", "priority") values
('job_type_id', null, 'other', 1000),
('job_type_name', '\b(estimates?|sales|consult(ation)?|quote)\b', 'sales', 10),
('job_type_name', '\binstall(ation|s)?\b', 'install', 20);
create table seeds."state_transition_rules" ("from_state" DECIMAL(2,1), "to_state" DECIMAL(2,1), "rule" VARCHAR);
insert into seeds."state_transition_rules" ("from_state", "to_state", "rule") values
('0.0', '1.0', 'accept'),
('0.0', '2.0', 'accept'),
('0.0', '2.5', 'ignore'),
('0.0', '3.0', 'accept'),
('0.0', '4.0', 'accept'),
('0.0', '5.0', 'accept'),
('0.0', '5.5', 'ignore'),
('0.0', '6.0', 'accept'),
('1.0', '1.0', 'ignore'),
('1.0', '2.0', 'accept'),
('1.0', '2.5', 'ignore'),
('1.0', '3.0', 'accept'),
('1.0', '4.0', 'accept'),
('1.0', '5.0', 'accept'),
('1.0', '5.5', 'ignore'),
('1.0', '6.0', 'accept'),
('2.0', '1.0', 'ignore'),
('2.0', '2.0', 'ignore'),
('2.0', '2.5', 'accept'),
('2.0', '3.0', 'accept'),
('2.0', '4.0', 'accept'),
('2.0', '5.0', 'accept'),
('2.0', '5.5', 'ignore'),
('2.0', '6.0', 'accept'),
('2.5', '1.0', 'accept'),
('2.5', '2.0', 'accept'),
('2.5', '2.5', 'ignore'),
('2.5', '3.0', 'accept'),
('2.5', '4.0', 'accept'),
('2.5', '5.0', 'accept'),
('2.5', '5.5', 'ignore'),
('2.5', '6.0', 'accept'),
('3.0', '1.0', 'ignore'),
('3.0', '2.0', 'new_job'),
('3.0', '2.5', 'ignore'),
('3.0', '3.0', 'ignore'),
('3.0', '4.0', 'accept'),
('3.0', '5.0', 'accept'),
('3.0', '5.5', 'ignore'),
('3.0', '6.0', 'accept'),
('4.0', '1.0', 'ignore'),
('4.0', '2.0', 'ignore'),
('4.0', '2.5', 'ignore'),
('4.0', '3.0', 'ignore'),
('4.0', '4.0', 'ignore'),
('4.0', '5.0', 'accept'),
('4.0', '5.5', 'ignore'),
('4.0', '6.0', 'accept'),
('5.0', '1.0', 'ignore'),
('5.0', '2.0', 'ignore'),
('5.0', '2.5', 'ignore'),
('5.0', '3.0', 'ignore'),
('5.0', '4.0', 'ignore'),
('5.0', '5.0', 'ignore'),
('5.0', '5.5', 'accept'),
('5.0', '6.0', 'accept'),
('5.5', '1.0', 'accept'),
('5.5', '2.0', 'new_job'),
('5.5', '2.5', 'ignore'),
('5.5', '3.0', 'new_job'),
('5.5', '4.0', 'accept'),
('5.5', '5.0', 'accept'),
('5.5', '5.5', 'ignore'),
('5.5', '6.0', 'accept'),
('6.0', '1.0', 'accept'),
('6.0', '2.0', 'new_job'),
('6.0', '2.5', 'ignore'),
('6.0', '3.0', 'new_job'),
('6.0', '4.0', 'new_job'),
('6.0', '5.0', 'new_job'),
('6.0', '5.5', 'ignore'),
('6.0', '6.0', 'ignore');
create schema intermediate;
create table intermediate."int_customer_events" ("tenant_id" BIGINT, "customer_id" BIGINT, "event_name" ENUM('lead_created', 'sales_appointment_booked', 'sales_job_canceled', 'estimate_created', 'estimate_sold', 'install_appointment_booked', 'install_job_canceled', 'install_job_completed', 'state_set'), "to_state" DECIMAL(2,1), "occurred_at" TIMESTAMP WITH TIME ZONE, "job_id" BIGINT, "record_id" BIGINT, "cancellation_number" BIGINT, "state_update_id" VARCHAR, "from_state" DECIMAL(2,1), "rule" ENUM('accept', 'new_job', 'ignore', 'state_set'), "is_accepted" BOOLEAN);
insert into intermediate."int_customer_events" ("tenant_id", "customer_id", "event_name", "to_state", "occurred_at", "job_id", "record_id", "from_state", "rule", "is_accepted") values
(410387862, 1, 'install_appointment_booked', '5.0', '2026-10-21 12:00:00+00', 1001, 1001, '0.0', 'accept', true),
(410387862, 1, 'install_job_completed', '6.0', '2026-10-26 12:00:00+00', 1001, 1001, '5.0', 'accept', true),
(410387862, 5, 'install_appointment_booked', '5.0', '2026-11-20 13:00:00+00', 1005, 1005, '0.0', 'accept', true),
(410387862, 6, 'install_appointment_booked', '5.0', '2026-10-21 12:00:00+00', 1006, 1006, '0.0', 'accept', true),
(410387862, 6, 'install_appointment_booked', '5.0', '2026-10-21 12:00:00+00', 1016, 1016, '5.0', 'ignore', false),
(410387862, 6, 'install_job_completed', '6.0', '2026-11-20 13:00:00+00', 1006, 1006, '5.0', 'accept', true),
(410387862, 8, 'estimate_created', '3.0', '2026-11-20 13:00:00+00', null, 3008, '6.0', 'new_job', false),
(410387862, 8, 'estimate_created', '3.0', '2026-11-20 14:00:00+00', 1020, 3009, '2.0', 'accept', true),
(410387862, 8, 'estimate_sold', '4.0', '2026-11-20 13:00:00+00', null, 3008, '6.0', 'new_job', false),
(410387862, 8, 'estimate_sold', '4.0', '2026-11-20 14:01:00+00', 1020, 3009, '3.0', 'accept', true),
(410387862, 8, 'install_appointment_booked', '5.0', '2026-10-21 12:00:00+00', 1008, 1008, '0.0', 'accept', true),
(410387862, 8, 'install_job_completed', '6.0', '2026-10-26 12:00:00+00', 1008, 1008, '5.0', 'accept', true),
(410387862, 8, 'sales_appointment_booked', '2.0', '2026-11-20 14:00:00+00', 1020, 1020, '6.0', 'new_job', true),
(410387862, 9, 'sales_appointment_booked', '2.0', '2026-05-04 12:00:00+00', 1009, 1009, '0.0', 'accept', true),
(410387862, 9, 'sales_appointment_booked', '2.0', '2026-11-20 14:00:00+00', 1019, 1019, '0.0', 'accept', true),
(410387862, 11, 'lead_created', '1.0', '2026-11-20 13:00:00+00', null, 2001, '0.0', 'accept', true),
(410387862, 12, 'sales_appointment_booked', '2.0', '2026-11-20 13:00:00+00', 1012, 1012, '0.0', 'accept', true),
(410387862, 20, 'lead_created', '1.0', '2026-11-20 16:00:00+00', null, 2020, '0.0', 'accept', true),
(410387862, 21, 'lead_created', '1.0', '2026-11-20 16:00:00+00', null, 2021, '0.0', 'accept', true),
(410387862, 22, 'lead_created', '1.0', '2026-11-20 16:00:00+00', null, 2022, '0.0', 'accept', true),
(410387862, 23, 'lead_created', '1.0', '2026-11-20 16:00:00+00', null, 2023, '0.0', 'accept', true),
(410387862, 24, 'lead_created', '1.0', '2026-11-20 16:00:00+00', null, 2024, '0.0', 'accept', true),
(410387862, 25, 'sales_appointment_booked', '2.0', '2026-11-20 17:00:00+00', 1025, 1025, '0.0', 'accept', true),
(410387862, 26, 'sales_appointment_booked', '2.0', '2026-11-20 17:00:00+00', 1026, 1026, '0.0', 'accept', true);
create table intermediate."int_customers__changed" ("tenant_id" BIGINT, "customer_id" BIGINT, "merged_customer_id" BIGINT, "customer_key" INTEGER);
insert into intermediate."int_customers__changed" ("tenant_id", "customer_id", "merged_customer_id", "customer_key") values
(410387862, 25, 25, 1),
(410387862, 26, 26, 2);
create table intermediate."int_customers__folded" ("tenant_id" BIGINT, "customer_id" BIGINT, "customer_key" INTEGER, "is_over" BOOLEAN, "is_reset" BOOLEAN, "state" DECIMAL(2,1), "position" INTEGER, "previous_state" DECIMAL(2,1), "job_id" BIGINT, "entered_at" TIMESTAMP WITH TIME ZONE, "reset_due_at" TIMESTAMP WITH TIME ZONE);
insert into intermediate."int_customers__folded" ("tenant_id", "customer_id", "customer_key", "is_over", "is_reset", "state", "position", "previous_state", "job_id", "entered_at", "reset_due_at") values
(410387862, 25, 1, false, false, '2.0', 1, '0.0', 1025, '2026-11-20 17:00:00+00', '2027-05-19 17:00:00+00'),
(410387862, 26, 2, false, false, '2.0', 1, '0.0', 1026, '2026-11-20 17:00:00+00', '2027-05-19 17:00:00+00');
create table intermediate."int_customers__touched" ("tenant_id" BIGINT, "customer_id" BIGINT);
insert into intermediate."int_customers__touched" ("tenant_id", "customer_id") values
(410387862, 25),
(410387862, 26),
(410387862, null);
create table intermediate."int_derivations__begun" ("as_of" TIMESTAMP WITH TIME ZONE, "derivation_id" VARCHAR, "project_version" VARCHAR, "is_full" BOOLEAN, "previous_derivation_id" VARCHAR);
insert into intermediate."int_derivations__begun" ("as_of", "derivation_id", "project_version", "is_full", "previous_derivation_id") values
('2026-11-20 17:05:00+00', 'f4a823f6-b09d-4007-ad92-5f38269fff25', '8f3d0f214739a124', false, '59e808ef-6855-42dc-b894-81aa106ba81f');
create table intermediate."int_derivations__ended" ("as_of" TIMESTAMP WITH TIME ZONE, "derivation_id" VARCHAR, "project_version" VARCHAR, "next_due_at" TIMESTAMP WITH TIME ZONE);
insert into intermediate."int_derivations__ended" ("as_of", "derivation_id", "project_version", "next_due_at") values
('2026-11-20 17:05:00+00', 'f4a823f6-b09d-4007-ad92-5f38269fff25', '8f3d0f214739a124', '2027-01-24 12:00:00+00');
create table intermediate."int_events__folded" ("customer_key" INTEGER, "position" INTEGER, "state" DECIMAL(2,1), "entered_position" INTEGER, "from_state" DECIMAL(2,1), "rule" ENUM('accept', 'new_job', 'ignore', 'state_set'), "is_accepted" BOOLEAN, "reset_position" INTEGER, "event_name" ENUM('lead_created', 'sales_appointment_booked', 'sales_job_canceled', 'estimate_created', 'estimate_sold', 'install_appointment_booked', 'install_job_canceled', 'install_job_completed', 'state_set'), "to_state" DECIMAL(2,1), "occurred_at" TIMESTAMP WITH TIME ZONE, "expires_at" TIMESTAMP WITH TIME ZONE, "job_id" BIGINT, "record_id" BIGINT, "cancellation_number" BIGINT, "is_last" BOOLEAN);
insert into intermediate."int_events__folded" ("customer_key", "position", "state", "entered_position", "from_state", "rule", "is_accepted", "event_name", "to_state", "occurred_at", "expires_at", "job_id", "record_id", "is_last") values
(1, 1, '2.0', 1, '0.0', 'accept', true, 'sales_appointment_booked', '2.0', '2026-11-20 17:00:00+00', '2027-05-19 17:00:00+00', 1025, 1025, true),
(2, 1, '2.0', 1, '0.0', 'accept', true, 'sales_appointment_booked', '2.0', '2026-11-20 17:00:00+00', '2027-05-19 17:00:00+00', 1026, 1026, true);
create table intermediate."int_events__ordered" ("customer_key" INTEGER, "event_name" ENUM('lead_created', 'sales_appointment_booked', 'sales_job_canceled', 'estimate_created', 'estimate_sold', 'install_appointment_booked', 'install_job_canceled', 'install_job_completed', 'state_set'), "to_state" DECIMAL(2,1), "occurred_at" TIMESTAMP WITH TIME ZONE, "job_id" BIGINT, "record_id" BIGINT, "cancellation_number" BIGINT, "position" INTEGER, "is_past" BOOLEAN, "is_last" BOOLEAN, "expires_at" TIMESTAMP WITH TIME ZONE, "previous_position_of_job" INTEGER);
insert into intermediate."int_events__ordered" ("customer_key", "event_name", "to_state", "occurred_at", "job_id", "record_id", "position", "is_past", "is_last", "expires_at", "previous_position_of_job") values
(1, 'sales_appointment_booked', '2.0', '2026-11-20 17:00:00+00', 1025, 1025, 1, true, true, '2027-05-19 17:00:00+00', 0),
(2, 'sales_appointment_booked', '2.0', '2026-11-20 17:00:00+00', 1026, 1026, 1, true, true, '2027-05-19 17:00:00+00', 0);
create table intermediate."int_job_canceled_logs__derived" ("tenant_id" BIGINT, "job_canceled_log_id" BIGINT, "job_id" BIGINT);
insert into intermediate."int_job_canceled_logs__derived" ("tenant_id", "job_canceled_log_id", "job_id") values
(410387862, 4019, 1019);
create table intermediate."int_job_kinds" ("tenant_id" BIGINT, "job_type_id" BIGINT, "business_unit_id" BIGINT, "job_type_name" VARCHAR, "business_unit_name" VARCHAR, "match_field" VARCHAR, "pattern" VARCHAR, "job_kind" VARCHAR, "priority" INTEGER);
insert into intermediate."int_job_kinds" ("tenant_id", "job_type_id", "job_type_name", "match_field", "pattern", "job_kind", "priority") values
(410387862, 1, 'Sales Visit', 'job_type_name', '\b(estimates?|sales|consult(ation)?|quote)\b', 'sales', 10),
(410387862, 2, 'Window Install', 'job_type_name', '\binstall(ation|s)?\b', 'install', 20),
(410387862, 3, 'Tune-Up', 'job_type_id', null, 'other', 1000),
(410387862, 4, 'AC Changeout', 'job_type_id', null, 'other', 1000);
create table intermediate."int_job_kinds__derived" ("tenant_id" BIGINT, "job_type_id" BIGINT, "business_unit_id" BIGINT, "job_kind" VARCHAR);
insert into intermediate."int_job_kinds__derived" ("tenant_id", "job_type_id", "job_kind") values
(410387862, 1, 'sales'),
(410387862, 2, 'install'),
(410387862, 3, 'other'),
(410387862, 4, 'other');
create table intermediate."int_jobs__classified" ("tenant_id" BIGINT, "job_id" BIGINT, "customer_key" INTEGER, "job_kind" VARCHAR, "job_status" VARCHAR, "created_at" TIMESTAMP WITH TIME ZONE, "completed_at" TIMESTAMP WITH TIME ZONE, "canceled_at" TIMESTAMP WITH TIME ZONE, "cancellation_number" BIGINT);
insert into intermediate."int_jobs__classified" ("tenant_id", "job_id", "customer_key", "job_kind", "job_status", "created_at") values
(410387862, 1025, 1, 'sales', 'Scheduled', '2026-11-20 17:00:00+00'),
(410387862, 1026, 2, 'sales', 'Scheduled', '2026-11-20 17:00:00+00');
create table intermediate."int_loads__derived" ("source_table" VARCHAR, "load_id" VARCHAR, "row_count" BIGINT);
insert into intermediate."int_loads__derived" ("source_table", "load_id", "row_count") values
('appointments', '1790000001.0', 8),
('appointments', '1790000003.0', 2),
('appointments', '1790000005.0', 2),
('appointments', '1790000011.0', 2),
('business_units', 'd41d8cd98f00b204e9800998ecf8427e', 0),
('customers', '1790000001.0', 30),
('estimates', '1790000003.0', 1),
('estimates', '1790000005.0', 1),
('job_canceled_logs', '1790000007.0', 1),
('job_types', '69d6fd2aeb233f97b8788dfaca260c34', 4),
('jobs', '1790000001.0', 7),
('jobs', '1790000003.0', 3),
('jobs', '1790000005.0', 1),
('jobs', '1790000007.0', 1),
('jobs', '1790000011.0', 2),
('leads', '1790000003.0', 1),
('leads', '1790000009.0', 5),
('tenants', '52c86b82ae52739a11b32cf2e0f5c71b', 1);
create table intermediate."int_loads__new" ("source_table" VARCHAR, "load_id" VARCHAR);
insert into intermediate."int_loads__new" ("source_table", "load_id") values
('appointments', '1790000011.0'),
('jobs', '1790000011.0');
create table intermediate."int_loads__seen" ("source_table" VARCHAR, "load_id" VARCHAR, "row_count" BIGINT);
insert into intermediate."int_loads__seen" ("source_table", "load_id", "row_count") values
('appointments', '1790000001.0', 8),
('appointments', '1790000003.0', 2),
('appointments', '1790000005.0', 2),
('appointments', '1790000011.0', 2),
('business_units', 'd41d8cd98f00b204e9800998ecf8427e', 0),
('customers', '1790000001.0', 30),
('estimates', '1790000003.0', 1),
('estimates', '1790000005.0', 1),
('job_canceled_logs', '1790000007.0', 1),
('job_types', '69d6fd2aeb233f97b8788dfaca260c34', 4),
('jobs', '1790000001.0', 7),
('jobs', '1790000003.0', 3),
('jobs', '1790000005.0', 1),
('jobs', '1790000007.0', 1),
('jobs', '1790000011.0', 2),
('leads', '1790000003.0', 1),
('leads', '1790000009.0', 5),
('tenants', '52c86b82ae52739a11b32cf2e0f5c71b', 1);
create table intermediate."int_merges" ("tenant_id" BIGINT, "customer_id" BIGINT, "merged_customer_id" BIGINT);
create table intermediate."int_merges__derived" ("tenant_id" BIGINT, "customer_id" BIGINT, "merged_customer_id" BIGINT);
create table intermediate."int_records__touched" ("source_table" VARCHAR, "tenant_id" BIGINT, "record_id" BIGINT, "customer_id" BIGINT, "job_id" BIGINT, "state_update_id" VARCHAR);
insert into intermediate."int_records__touched" ("source_table", "tenant_id", "record_id", "customer_id", "job_id") values
('appointments', 410387862, 1025, null, 1025),
('appointments', 410387862, 1026, null, 1026),
('jobs', 410387862, 1025, 25, 1025),
('jobs', 410387862, 1026, 26, 1026);
create table intermediate."int_records__waiting" ("tenant_id" BIGINT, "source_table" VARCHAR, "record_id" BIGINT, "dated_at" TIMESTAMP WITH TIME ZONE);
create table intermediate."int_state_spans" ("tenant_id" BIGINT, "customer_id" BIGINT, "previous_state" DECIMAL(2,1), "state" DECIMAL(2,1), "job_id" BIGINT, "entered_at" TIMESTAMP WITH TIME ZONE, "left_at" TIMESTAMP WITH TIME ZONE, "next_state" DECIMAL(2,1), "next_event_name" ENUM('lead_created', 'sales_appointment_booked', 'sales_job_canceled', 'estimate_created', 'estimate_sold', 'install_appointment_booked', 'install_job_canceled', 'install_job_completed', 'state_set'));
insert into intermediate."int_state_spans" ("tenant_id", "customer_id", "previous_state", "state", "job_id", "entered_at", "left_at", "next_state", "next_event_name") values
(410387862, 1, '0.0', '5.0', 1001, '2026-10-21 12:00:00+00', '2026-10-26 12:00:00+00', '6.0', 'install_job_completed'),
(410387862, 1, '5.0', '6.0', 1001, '2026-10-26 12:00:00+00', null, null, null),
(410387862, 5, '0.0', '5.0', 1005, '2026-11-20 13:00:00+00', null, null, null),
(410387862, 6, '0.0', '5.0', 1006, '2026-10-21 12:00:00+00', '2026-11-20 13:00:00+00', '6.0', 'install_job_completed'),
(410387862, 6, '5.0', '6.0', 1006, '2026-11-20 13:00:00+00', null, null, null),
(410387862, 8, '0.0', '5.0', 1008, '2026-10-21 12:00:00+00', '2026-10-26 12:00:00+00', '6.0', 'install_job_completed'),
(410387862, 8, '2.0', '3.0', 1020, '2026-11-20 14:00:00+00', '2026-11-20 14:01:00+00', '4.0', 'estimate_sold'),
(410387862, 8, '3.0', '4.0', 1020, '2026-11-20 14:01:00+00', null, null, null),
(410387862, 8, '5.0', '6.0', 1008, '2026-10-26 12:00:00+00', '2026-11-20 14:00:00+00', '2.0', 'sales_appointment_booked'),
(410387862, 8, '6.0', '2.0', 1020, '2026-11-20 14:00:00+00', '2026-11-20 14:00:00+00', '3.0', 'estimate_created'),
(410387862, 9, '0.0', '2.0', 1009, '2026-05-04 12:00:00+00', '2026-10-31 12:00:00+00', '0.0', null),
(410387862, 9, '0.0', '2.0', 1019, '2026-11-20 14:00:00+00', null, null, null),
(410387862, 9, '2.0', '0.0', null, '2026-10-31 12:00:00+00', '2026-11-20 14:00:00+00', '2.0', 'sales_appointment_booked'),
(410387862, 11, '0.0', '1.0', null, '2026-11-20 13:00:00+00', null, null, null),
(410387862, 12, '0.0', '2.0', 1012, '2026-11-20 13:00:00+00', null, null, null),
(410387862, 20, '0.0', '1.0', null, '2026-11-20 16:00:00+00', null, null, null),
(410387862, 21, '0.0', '1.0', null, '2026-11-20 16:00:00+00', null, null, null),
(410387862, 22, '0.0', '1.0', null, '2026-11-20 16:00:00+00', null, null, null),
(410387862, 23, '0.0', '1.0', null, '2026-11-20 16:00:00+00', null, null, null),
(410387862, 24, '0.0', '1.0', null, '2026-11-20 16:00:00+00', null, null, null),
(410387862, 25, '0.0', '2.0', 1025, '2026-11-20 17:00:00+00', null, null, null),
(410387862, 26, '0.0', '2.0', 1026, '2026-11-20 17:00:00+00', null, null, null);
create schema marts;
create table marts."customer_servicetitan_state" ("id" UUID, "tenant_id" BIGINT, "tenant_name" VARCHAR, "workspace_id" UUID, "contact_id" UUID, "servicetitan_customer_id" BIGINT, "customer_name" VARCHAR, "customer_is_active" BOOLEAN, "current_state" DECIMAL(2,1), "current_state_name" VARCHAR, "job_id" BIGINT, "previous_state" DECIMAL(2,1), "state_changed_at" TIMESTAMP WITH TIME ZONE, "reset_due_at" TIMESTAMP WITH TIME ZONE, "last_transition_id" VARCHAR, "created_at" TIMESTAMP WITH TIME ZONE, "updated_at" TIMESTAMP WITH TIME ZONE);
insert into marts."customer_servicetitan_state" ("id", "tenant_id", "tenant_name", "servicetitan_customer_id", "customer_name", "customer_is_active", "current_state", "current_state_name", "job_id", "previous_state", "state_changed_at", "reset_due_at", "last_transition_id", "created_at", "updated_at") values
('09c2f00b-93f7-9eca-2890-a30be307805d', 410387862, 'socal', 21, 'Customer 21', true, '1.0', 'Lead', null, '0.0', '2026-11-20 16:00:00+00', '2027-02-18 16:00:00+00', '35833c7fa00a092020b6ad189831b14f', '2026-10-21 12:00:00+00', '2026-11-20 16:00:00+00'),
('1d37f163-4ccb-9895-53e8-09e61e7378ed', 410387862, 'socal', 22, 'Customer 22', true, '1.0', 'Lead', null, '0.0', '2026-11-20 16:00:00+00', '2027-02-18 16:00:00+00', '3fe9818001988f692435e83903bba950', '2026-10-21 12:00:00+00', '2026-11-20 16:00:00+00'),
('1ed451aa-29a0-b0ca-d3c2-b00624e3ae41', 410387862, 'socal', 2, 'Customer 2', true, '0.0', 'Contact Record', null, null, '2026-10-21 12:00:00+00', null, null, '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00'),
('222d846c-d25b-c9f2-2bda-d183064d3828', 410387862, 'socal', 14, 'Customer 14', true, '0.0', 'Contact Record', null, null, '2026-10-21 12:00:00+00', null, null, '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00'),
('271116b7-2699-3318-c5ce-659ac66ec3f7', 410387862, 'socal', 19, 'Customer 19', true, '0.0', 'Contact Record', null, null, '2026-10-21 12:00:00+00', null, null, '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00'),
('2da44a8e-5d35-333f-b427-50e5c058078f', 410387862, 'socal', 11, 'Customer 11', true, '1.0', 'Lead', null, '0.0', '2026-11-20 13:00:00+00', '2027-02-18 13:00:00+00', 'c79f0b4840967d9db11c8fa63528b202', '2026-10-21 12:00:00+00', '2026-11-20 13:00:00+00'),
('4cdaecc8-39e1-e9a8-93fb-953e40ff7a40', 410387862, 'socal', 3, 'Customer 3', true, '0.0', 'Contact Record', null, null, '2026-10-21 12:00:00+00', null, null, '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00'),
('4e2c1629-b3b2-fc41-9df4-efb1fe9f475f', 410387862, 'socal', 7, 'Customer 7', true, '0.0', 'Contact Record', null, null, '2026-10-21 12:00:00+00', null, null, '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00'),
('542279e8-54de-637e-f85f-a08965555bf5', 410387862, 'socal', 8, 'Customer 8', true, '4.0', 'Estimates Sold', 1020, '3.0', '2026-11-20 14:01:00+00', '2027-05-19 14:01:00+00', '2f87c917fa5add5400452aafccad0ac3', '2026-10-21 12:00:00+00', '2026-11-20 14:01:00+00'),
('54d76b15-a1dd-ea28-76e5-11c12f815d79', 410387862, 'socal', 15, 'Customer 15', true, '0.0', 'Contact Record', null, null, '2026-10-21 12:00:00+00', null, null, '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00'),
('5ead44ef-6349-1c2a-4a94-8ade53c6b9be', 410387862, 'socal', 20, 'Customer 20', true, '1.0', 'Lead', null, '0.0', '2026-11-20 16:00:00+00', '2027-02-18 16:00:00+00', 'e2121770192c13d47fdb19f166a2196b', '2026-10-21 12:00:00+00', '2026-11-20 16:00:00+00'),
('6bfcc98b-a0de-2ea5-63d6-d90dca166d80', 410387862, 'socal', 25, 'Customer 25', true, '2.0', 'Sales Appointment Booked', 1025, '0.0', '2026-11-20 17:00:00+00', '2027-05-19 17:00:00+00', '22c36283a277cde085a430c5ce7c6ca8', '2026-10-21 12:00:00+00', '2026-11-20 17:00:00+00'),
('7f855926-24f2-a4be-0c85-00f0822f3351', 410387862, 'socal', 13, 'Customer 13', true, '0.0', 'Contact Record', null, null, '2026-10-21 12:00:00+00', null, null, '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00'),
('81a08490-6016-a5fb-1c0e-3d40fd61fd09', 410387862, 'socal', 26, 'Customer 26', true, '2.0', 'Sales Appointment Booked', 1026, '0.0', '2026-11-20 17:00:00+00', '2027-05-19 17:00:00+00', 'd2673458a3de6ffb0e49958790a15e71', '2026-10-21 12:00:00+00', '2026-11-20 17:00:00+00'),
('8ffdc79d-bc2a-868a-f7ff-06bbcde9350c', 410387862, 'socal', 23, 'Customer 23', true, '1.0', 'Lead', null, '0.0', '2026-11-20 16:00:00+00', '2027-02-18 16:00:00+00', '8808211158286f501f61562cf7167cf9', '2026-10-21 12:00:00+00', '2026-11-20 16:00:00+00'),
('9bc923af-9405-4c24-6903-ad15be6e0aa3', 410387862, 'socal', 10, 'Customer 10', true, '0.0', 'Contact Record', null, null, '2026-10-21 12:00:00+00', null, null, '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00'),
('9bf4400c-c6e6-9d62-4aed-0b67fb9ad6f6', 410387862, 'socal', 24, 'Customer 24', true, '1.0', 'Lead', null, '0.0', '2026-11-20 16:00:00+00', '2027-02-18 16:00:00+00', '36d282ada03f8cb09ccc5429444bde02', '2026-10-21 12:00:00+00', '2026-11-20 16:00:00+00'),
('a22b79ab-8484-63af-5091-89add9476802', 410387862, 'socal', 12, 'Customer 12', true, '2.0', 'Sales Appointment Booked', 1012, '0.0', '2026-11-20 13:00:00+00', '2027-05-19 13:00:00+00', '77ec61f4aa3ed07555c533218b6b6ffd', '2026-10-21 12:00:00+00', '2026-11-20 13:00:00+00'),
('b9280d9f-de51-4bd3-5ee6-a6e0b3b2e962', 410387862, 'socal', 17, 'Customer 17', true, '0.0', 'Contact Record', null, null, '2026-10-21 12:00:00+00', null, null, '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00'),
('c92c5a9f-87a5-bfa1-2978-81d30af71c41', 410387862, 'socal', 18, 'Customer 18', true, '0.0', 'Contact Record', null, null, '2026-10-21 12:00:00+00', null, null, '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00'),
('ca6c7175-a20c-6a59-379b-1ce214f1356a', 410387862, 'socal', 29, 'Customer 29', true, '0.0', 'Contact Record', null, null, '2026-10-21 12:00:00+00', null, null, '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00'),
('d72e0d3b-1c8f-9cd9-c213-65c9a8b4f0ea', 410387862, 'socal', 28, 'Customer 28', true, '0.0', 'Contact Record', null, null, '2026-10-21 12:00:00+00', null, null, '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00'),
('e00153bf-654a-198d-ebd0-a2d70b5c6c76', 410387862, 'socal', 16, 'Customer 16', true, '0.0', 'Contact Record', null, null, '2026-10-21 12:00:00+00', null, null, '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00'),
('e583182e-5fb5-9f01-6168-819b14f91e7a', 410387862, 'socal', 1, 'Customer 1', true, '6.0', 'Install Complete', 1001, '5.0', '2026-10-26 12:00:00+00', '2027-01-24 12:00:00+00', 'bb4a4507904eca706703de0026e3adee', '2026-10-21 12:00:00+00', '2026-10-26 12:00:00+00'),
('edea5b25-0397-f2fc-2497-3c971fbd7adc', 410387862, 'socal', 30, 'Customer 30', true, '0.0', 'Contact Record', null, null, '2026-10-21 12:00:00+00', null, null, '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00'),
('f0273899-48c6-8ef7-c5f9-7e4939235380', 410387862, 'socal', 27, 'Customer 27', true, '0.0', 'Contact Record', null, null, '2026-10-21 12:00:00+00', null, null, '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00'),
('f05bde05-9546-449d-e8e6-a99fd02c41bc', 410387862, 'socal', 9, 'Customer 9', true, '2.0', 'Sales Appointment Booked', 1019, '0.0', '2026-11-20 14:00:00+00', '2027-05-19 14:00:00+00', '9bf2aa2dc825d4f156265d1942a86185', '2026-10-21 12:00:00+00', '2026-11-20 14:00:00+00'),
('f2d0412e-ad3a-516d-d9c7-79a2dddecf58', 410387862, 'socal', 6, 'Customer 6', true, '6.0', 'Install Complete', 1006, '5.0', '2026-11-20 13:00:00+00', '2027-02-18 13:00:00+00', '943196a1d0047773f9abaa27ccbc18e9', '2026-10-21 12:00:00+00', '2026-11-20 13:00:00+00'),
('fdfdd5b5-c480-8863-47a0-64ad5ebac86a', 410387862, 'socal', 5, 'Customer 5', true, '5.0', 'Install Job Scheduled', 1005, '0.0', '2026-11-20 13:00:00+00', '2027-05-19 13:00:00+00', '36acd6af76975d6fa886af9cd7e404f7', '2026-10-21 12:00:00+00', '2026-11-20 13:00:00+00'),
('ff905c06-71f5-7b51-ee0b-f2efe2e89254', 410387862, 'socal', 4, 'Customer 4', true, '0.0', 'Contact Record', null, null, '2026-10-21 12:00:00+00', null, null, '2026-10-21 12:00:00+00', '2026-10-21 12:00:00+00');
create table marts."customer_state_transitions" ("transition_id" VARCHAR, "tenant_id" BIGINT, "tenant_name" VARCHAR, "servicetitan_customer_id" BIGINT, "job_id" BIGINT, "from_state" DECIMAL(2,1), "to_state" DECIMAL(2,1), "from_state_name" VARCHAR, "to_state_name" VARCHAR, "flow_name" VARCHAR, "event_name" VARCHAR, "event_id" VARCHAR, "source_table" VARCHAR, "source_id" VARCHAR, "occurred_at" TIMESTAMP WITH TIME ZONE, "detected_at" TIMESTAMP WITH TIME ZONE, "retracted_at" TIMESTAMP WITH TIME ZONE, "is_baseline" BOOLEAN);
insert into marts."customer_state_transitions" ("transition_id", "tenant_id", "tenant_name", "servicetitan_customer_id", "job_id", "from_state", "to_state", "from_state_name", "to_state_name", "flow_name", "event_name", "event_id", "source_table", "source_id", "occurred_at", "detected_at", "is_baseline") values
('1b2ca3f700fc021f9b18752e61a5eb44', 410387862, 'socal', 8, 1008, '5.0', '6.0', 'Install Job Scheduled', 'Install Complete', 'Install Job Done', 'install_job_completed', 'job:1008:completed', 'jobs', '1008', '2026-10-26 12:00:00+00', '2026-11-20 12:00:00+00', true),
('22c36283a277cde085a430c5ce7c6ca8', 410387862, 'socal', 25, 1025, '0.0', '2.0', 'Contact Record', 'Sales Appointment Booked', 'What to Expect', 'sales_appointment_booked', 'appointment:1025:booked', 'appointments', '1025', '2026-11-20 17:00:00+00', '2026-11-20 17:05:00+00', false),
('2f87c917fa5add5400452aafccad0ac3', 410387862, 'socal', 8, 1020, '3.0', '4.0', 'Estimates Created', 'Estimates Sold', 'Scheduled the Install', 'estimate_sold', 'estimate:3009:sold', 'estimates', '3009', '2026-11-20 14:01:00+00', '2026-11-20 14:05:00+00', false),
('35833c7fa00a092020b6ad189831b14f', 410387862, 'socal', 21, null, '0.0', '1.0', 'Contact Record', 'Lead', 'Email Followup', 'lead_created', 'lead:2021:created', 'leads', '2021', '2026-11-20 16:00:00+00', '2026-11-20 16:05:00+00', false),
('36acd6af76975d6fa886af9cd7e404f7', 410387862, 'socal', 5, 1005, '0.0', '5.0', 'Contact Record', 'Install Job Scheduled', 'What to Expect install', 'install_appointment_booked', 'appointment:1005:booked', 'appointments', '1005', '2026-11-20 13:00:00+00', '2026-11-20 13:05:00+00', false),
('36d282ada03f8cb09ccc5429444bde02', 410387862, 'socal', 24, null, '0.0', '1.0', 'Contact Record', 'Lead', 'Email Followup', 'lead_created', 'lead:2024:created', 'leads', '2024', '2026-11-20 16:00:00+00', '2026-11-20 16:05:00+00', false),
('3ef1dc83a3c4a7f4aa2ef1395153b6bd', 410387862, 'socal', 8, 1008, '0.0', '5.0', 'Contact Record', 'Install Job Scheduled', 'What to Expect install', 'install_appointment_booked', 'appointment:1008:booked', 'appointments', '1008', '2026-10-21 12:00:00+00', '2026-11-20 12:00:00+00', true),
('3fe9818001988f692435e83903bba950', 410387862, 'socal', 22, null, '0.0', '1.0', 'Contact Record', 'Lead', 'Email Followup', 'lead_created', 'lead:2022:created', 'leads', '2022', '2026-11-20 16:00:00+00', '2026-11-20 16:05:00+00', false),
('4c2955b24a2f88b0c7a150c244baee67', 410387862, 'socal', 8, 1020, '2.0', '3.0', 'Sales Appointment Booked', 'Estimates Created', 'Unsold Estimates', 'estimate_created', 'estimate:3009:created', 'estimates', '3009', '2026-11-20 14:00:00+00', '2026-11-20 14:05:00+00', false),
('5208c05afbd57570278b2645b8c5fdad', 410387862, 'socal', 9, null, '2.0', '0.0', 'Sales Appointment Booked', 'Contact Record', null, 'reset', 'reset:abeee1af16b173ff3aa3c73789f54ef3', null, null, '2026-10-31 12:00:00+00', '2026-11-20 12:00:00+00', true),
('77ec61f4aa3ed07555c533218b6b6ffd', 410387862, 'socal', 12, 1012, '0.0', '2.0', 'Contact Record', 'Sales Appointment Booked', 'What to Expect', 'sales_appointment_booked', 'appointment:1012:booked', 'appointments', '1012', '2026-11-20 13:00:00+00', '2026-11-20 13:05:00+00', false),
('7c9ad31aff7cad0405835ed4d7e8274c', 410387862, 'socal', 6, 1006, '0.0', '5.0', 'Contact Record', 'Install Job Scheduled', 'What to Expect install', 'install_appointment_booked', 'appointment:1006:booked', 'appointments', '1006', '2026-10-21 12:00:00+00', '2026-11-20 12:00:00+00', true),
('8808211158286f501f61562cf7167cf9', 410387862, 'socal', 23, null, '0.0', '1.0', 'Contact Record', 'Lead', 'Email Followup', 'lead_created', 'lead:2023:created', 'leads', '2023', '2026-11-20 16:00:00+00', '2026-11-20 16:05:00+00', false),
('943196a1d0047773f9abaa27ccbc18e9', 410387862, 'socal', 6, 1006, '5.0', '6.0', 'Install Job Scheduled', 'Install Complete', 'Install Job Done', 'install_job_completed', 'job:1006:completed', 'jobs', '1006', '2026-11-20 13:00:00+00', '2026-11-20 13:05:00+00', false),
('9bf2aa2dc825d4f156265d1942a86185', 410387862, 'socal', 9, 1019, '0.0', '2.0', 'Contact Record', 'Sales Appointment Booked', 'What to Expect', 'sales_appointment_booked', 'appointment:1019:booked', 'appointments', '1019', '2026-11-20 14:00:00+00', '2026-11-20 14:05:00+00', false),
('abeee1af16b173ff3aa3c73789f54ef3', 410387862, 'socal', 9, 1009, '0.0', '2.0', 'Contact Record', 'Sales Appointment Booked', 'What to Expect', 'sales_appointment_booked', 'appointment:1009:booked', 'appointments', '1009', '2026-05-04 12:00:00+00', '2026-11-20 12:00:00+00', true),
('b15dae2be8ece9b62d99a01c7063be77', 410387862, 'socal', 8, 1020, '6.0', '2.0', 'Install Complete', 'Sales Appointment Booked', 'What to Expect', 'sales_appointment_booked', 'appointment:1020:booked', 'appointments', '1020', '2026-11-20 14:00:00+00', '2026-11-20 14:05:00+00', false),
('bb4a4507904eca706703de0026e3adee', 410387862, 'socal', 1, 1001, '5.0', '6.0', 'Install Job Scheduled', 'Install Complete', 'Install Job Done', 'install_job_completed', 'job:1001:completed', 'jobs', '1001', '2026-10-26 12:00:00+00', '2026-11-20 12:00:00+00', true),
('c79f0b4840967d9db11c8fa63528b202', 410387862, 'socal', 11, null, '0.0', '1.0', 'Contact Record', 'Lead', 'Email Followup', 'lead_created', 'lead:2001:created', 'leads', '2001', '2026-11-20 13:00:00+00', '2026-11-20 13:05:00+00', false),
('d2673458a3de6ffb0e49958790a15e71', 410387862, 'socal', 26, 1026, '0.0', '2.0', 'Contact Record', 'Sales Appointment Booked', 'What to Expect', 'sales_appointment_booked', 'appointment:1026:booked', 'appointments', '1026', '2026-11-20 17:00:00+00', '2026-11-20 17:05:00+00', false),
('e2121770192c13d47fdb19f166a2196b', 410387862, 'socal', 20, null, '0.0', '1.0', 'Contact Record', 'Lead', 'Email Followup', 'lead_created', 'lead:2020:created', 'leads', '2020', '2026-11-20 16:00:00+00', '2026-11-20 16:05:00+00', false),
('e2605b5d1c0768a9dffc249ba1bdc7b2', 410387862, 'socal', 1, 1001, '0.0', '5.0', 'Contact Record', 'Install Job Scheduled', 'What to Expect install', 'install_appointment_booked', 'appointment:1001:booked', 'appointments', '1001', '2026-10-21 12:00:00+00', '2026-11-20 12:00:00+00', true);
create table marts."tenant_baselines" ("tenant_id" BIGINT, "established_at" TIMESTAMP WITH TIME ZONE);
insert into marts."tenant_baselines" ("tenant_id", "established_at") values
(410387862, '2026-11-20 12:00:00+00');
