{# In place of dbt's own views and tables: those move the old one aside and the new one into its place, and drop the old one
   after the commit, in three calls of the adapter, each of which takes longer than to make a view. Here the new one takes
   the place of the old one in one statement. A table is made before, for it may read the old one. #}
{% materialization view, adapter='duckdb' %}
    {%- set view = this.incorporate(type='view') -%}
    {{ run_hooks(pre_hooks) }}
    {% call statement('main') -%}
        {{ drop_old() }}
        {{ get_create_view_as_sql(view, sql) }}
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {% do adapter.commit() %}
    {{ return({'relations': [view]}) }}
{% endmaterialization %}

{% materialization table, adapter='duckdb' %}
    {%- set table = this.incorporate(type='table') -%}
    {%- set draft = make_intermediate_relation(table) -%}
    {{ run_hooks(pre_hooks) }}
    {% call statement('main') -%}
        {{ get_create_table_as_sql(false, draft, sql) }}
        {{ drop_old() }}
        alter table {{ draft }} rename to {{ adapter.quote(table.identifier) }};
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {% do adapter.commit() %}
    {{ return({'relations': [table]}) }}
{% endmaterialization %}

{% macro drop_old() %}
    {%- set old = load_cached_relation(this) -%}
    {%- if old %}drop {{ old.type }} {{ old }};{% endif -%}
{% endmacro %}
