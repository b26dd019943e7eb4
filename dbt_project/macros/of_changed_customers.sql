{# Condition: the row is a changed customer's. Which rows are is asked first, so that of ten million wide ones only those
   are read (0.08 s instead of 0.6). #}
{% macro of_changed_customers(relation) -%}
    rowid in (
        select owned.rowid
        from {{ relation }} as owned
        semi join {{ ref('int_customers__changed') }} as changed
            on owned.tenant_id = changed.tenant_id
            and owned.servicetitan_customer_id = changed.customer_id
    )
{%- endmacro %}
