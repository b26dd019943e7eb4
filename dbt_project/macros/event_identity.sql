{# An event's name, where its evidence is, and its id; of `events` and `names`, the seed customer_events. #}
{% macro event_identity() -%}
    names.event_name,
    names.source_table,
    coalesce(events.state_update_id, cast(events.record_id as varchar)) as source_id,
    concat(names.prefix, source_id, names.suffix, events.cancellation_number) as event_id
{%- endmacro %}
