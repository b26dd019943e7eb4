with recursive customers as (
    select * from {{ ref('stg_servicetitan__customers') }}
),

steps as (
    select
        customers.tenant_id,
        customers.customer_id,
        next_customers.customer_id as next_customer_id,
    from customers
    inner join customers as next_customers
        on customers.tenant_id = next_customers.tenant_id
        and customers.merged_to_id = next_customers.customer_id
),

walks as (
    select
        tenant_id,
        customer_id,
        next_customer_id,
        [customer_id] as visited,
    from steps
    union all
    select
        walks.tenant_id,
        walks.customer_id,
        steps.next_customer_id,
        list_append(walks.visited, walks.next_customer_id) as visited,
    from walks
    left join steps
        on walks.tenant_id = steps.tenant_id
        and walks.next_customer_id = steps.customer_id
    where not list_contains(walks.visited, walks.next_customer_id)
),

-- a walk ends where there is no next customer, or where it meets itself
ends as (
    select
        tenant_id,
        customer_id,
        case
            when next_customer_id is null then visited[-1]
            else list_min(visited[list_position(visited, next_customer_id):])
        end as merged_customer_id,
    from walks
    where next_customer_id is null or list_contains(visited, next_customer_id)
)

select * from ends
where customer_id != merged_customer_id
