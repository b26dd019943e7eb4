{#- what ServiceTitan is read for, as the sources name it; tests hold them against pipelines/servicetitan/streams.py -#}
{%- macro streams() -%}
    {%- set names = [] -%}
    {%- for table in (graph.sources.values() if execute else []) if 'ours' not in table.tags -%}
        {%- do names.append(table.name) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}
