{# Incremental strategy: every row of a changed customer makes way for what was derived anew, so that a customer who
   has become an alias leaves no row behind. `unique_key` names the columns of tenant and customer. #}
{% macro get_incremental_by_changed_customers_sql(arg_dict) %}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    {%- set tenant_id, customer_id = arg_dict['unique_key'] -%}
    delete from {{ arg_dict['target_relation'] }} as target
    using {{ ref('int_customers__changed') }} as changed
    where target.{{ tenant_id }} = changed.tenant_id
        and target.{{ customer_id }} = changed.customer_id;

    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arg_dict['temp_relation'] }}
{% endmacro %}
