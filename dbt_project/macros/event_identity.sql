{# Where an event's evidence is, and the event's id; of `events` and `names`, see int_event_names. #}
{% macro event_identity() -%}
    names.source_table,
    coalesce(events.state_update_id, cast(events.record_id as varchar)) as source_id,
    concat(names.prefix, source_id, names.suffix, events.cancellation_number) as event_id
{%- endmacro %}
