{# After a seed is loaded: people's own rows of it, from the file of its name in RULES_DIR, are laid over the shipped ones.
   `origin` says where a row is from. Of a seed with a key (`replaced_by`) they replace the shipped row of that key, and a
   column that their file lacks stays as shipped; a row for one tenant stands beside the others. The sync has checked the
   files (pipelines/rules) and hands dbt a copy of what it has checked. #}
{% macro lay_over(replaced_by=none) %}
    {% if execute %}
        {%- set file = rules_dir() ~ '/' ~ this.identifier ~ '.csv' %}
        {%- set own = "read_csv('" ~ file | replace("'", "''") ~ "', header = true, all_varchar = true, delim = ',',"
            ~ " quote = '\"', escape = '\"', nullstr = '')" %}
        alter table {{ this }} add column if not exists tenant_id bigint;
        alter table {{ this }} add column origin varchar default 'shipped';
        {%- if run_query("from glob('" ~ file | replace("'", "''") ~ "')").rows %}
            {%- set present = run_query('describe from ' ~ own).columns[0].values() %}
            insert into {{ this }} by name
            select
                {%- for column in adapter.get_columns_in_relation(this) if column.name not in ('tenant_id', 'origin') %}
                {%- if column.name in present %}
                cast(own."{{ column.name }}" as {{ column.dtype }}) as "{{ column.name }}",
                {%- elif replaced_by %}
                shipped."{{ column.name }}",
                {%- endif %}
                {%- endfor %}
                {% if 'tenant_id' in present -%} cast(own.tenant_id as bigint) {%- else -%} null {%- endif %} as tenant_id,
                'RULES_DIR' as origin,
            from {{ own }} as own
            {%- if replaced_by %}
            left join {{ this }} as shipped
                on {% for key in replaced_by -%}
                    shipped.{{ key }} = cast(own.{{ key }} as decimal(2, 1)) {%- if not loop.last %} and {% endif %}
                {%- endfor %};
            delete from {{ this }} as shipped
            using (from {{ this }} where origin != 'shipped' and tenant_id is null) as own
            where shipped.origin = 'shipped'
                {%- for key in replaced_by %}
                and shipped.{{ key }} = own.{{ key }}
                {%- endfor %}
            {%- endif %};
        {%- endif %}
    {% endif %}
{% endmacro %}

{% macro rules_dir() %}
    {{ return(env_var('RULES_DIR', env_var('DATA_DIR', 'data') ~ '/rules')) }}
{% endmacro %}
