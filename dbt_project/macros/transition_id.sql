{# A transition is known by its cause: `to_state` is written with one decimal. #}
{% macro transition_id(tenant_id, event_id, to_state) -%}
    md5(concat({{ tenant_id }}, ':', {{ event_id }}, ':', cast({{ to_state }} as decimal(2, 1))))
{%- endmacro %}
