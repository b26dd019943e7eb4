{# Incremental strategy: every row of a changed customer makes way for what was derived anew, so that a customer who
   has become an alias leaves no row behind. `unique_key` names the columns of tenant and customer; a third one is the
   row's own, by which a retracted row of another customer makes way too. #}
{% macro get_incremental_by_changed_customers_sql(arg_dict) %}
    {%- set target, new_rows = arg_dict['target_relation'], arg_dict['temp_relation'] -%}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    {%- set tenant_id, customer_id = arg_dict['unique_key'][:2] -%}
    delete from {{ target }} as target
    using {{ relation_before('intermediate', 'int_customers__changed') }} as changed
    where target.{{ tenant_id }} = changed.tenant_id
        and target.{{ customer_id }} = changed.customer_id;

    {% for row_id in arg_dict['unique_key'][2:] -%}
    delete from {{ target }}
    where retracted_at is not null
        and {{ row_id }} in (select {{ row_id }} from {{ new_rows }});
    {% endfor %}

    insert into {{ target }} ({{ columns }})
    select {{ columns }} from {{ new_rows }}
{% endmacro %}
