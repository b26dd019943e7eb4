{# A table of all customers that would not fit into the memory is made of several statements, each of a part of them:
   `in_slice` is the condition that a model puts on its customers, `other_slices` its post-hook. #}
{% macro in_slice(customer_id) -%}
    abs({{ customer_id }}) % {{ slices() }} = 0 /* slice */
{%- endmacro %}

{% macro other_slices(sql) %}
    {%- for found in modules.re.findall('% ([0-9]+) = 0 /\* slice \*/', sql or '')[:1] -%}
        {%- for slice in range(1, found | int) -%}
            insert into {{ this }} by name {{ sql | replace('= 0 /* slice */', '= ' ~ slice) }};
        {%- endfor -%}
    {%- endfor -%}
{% endmacro %}

{% macro slices() %}
    {%- set customers = relation_before('marts', 'customer_servicetitan_state') -%}
    {%- set count = run_query('select count(*) from ' ~ customers).rows[0][0] if execute and customers else 0 -%}
    {{ return(1 + count // [var('customers_at_once', 500000) | int, 1] | max) }}
{% endmacro %}
