/** Queries on the blog's tables as people write them by hand. */
export const OF_HAND: Readonly<Record<string, string>> = {
  positions: "select org_id, status, count(*) from teams group by 1, 2 order by 3 desc, 1",
  nestedJoins:
    "select u.id, p.id, c.id from users u left join (posts p join comments c on c.post_id = p.id) on p.author_id = u.id",
  using: "select org_id, t.id, u.id from teams t left join users u using (org_id) where t.status = 'a'",
  groupingSets: "select status, author_id, count(*) from posts group by grouping sets ((status), (author_id), ())",
  values: "select v.a, v.b from (values (1, 'a'), (2, 'b')) as v(a, b) where v.a > $1::int",
  onlyValues: "values (1), (2) order by 1 limit 1",
  descendants:
    "with recursive tree as (select id, parent_id, body, 0 as depth from comments where id = 1 union all select c.id, c.parent_id, c.body, tree.depth + 1 from comments c join tree on c.parent_id = tree.id where tree.depth < 5) select id, depth from tree order by depth, id",
  generated:
    "select g.n, count(p.id) from generate_series(1, 3) as g(n) left join posts p on p.views = g.n group by g.n",
  pairs: "select u.id, e.key from users u, jsonb_each_text(u.data) e where e.value = 'a'",
  unnested: "select u.id, tag from users u cross join lateral unnest(u.tags) as tag where tag <> 'b'",
  recordset:
    'select r.id, u.email from json_to_recordset(\'[{"id":1},{"id":2}]\') as r(id int) inner join users u on u.id = r.id',
  moved:
    "with moved as (delete from comments where author_id is null returning *) insert into comments (post_id, body) select post_id, body from moved where body <> 'a' returning id, body",
  updatedWith:
    "with x as (update posts set views = views + 1 where status = 'a' returning id, views) select id, views from x order by views desc limit 2",
  correlated:
    "select o.id from orders o where o.total > (select avg(i.total) from orders i where i.user_id = o.user_id)",
  rowCompared: "select id from posts where (views, id) < ($1::int, $2::int) order by views desc, id desc limit 2",
  cases:
    "select id, case when views > 1 then 'hot' else 'cold' end as heat from posts where case when status = 'a' then views > 1 else true end",
  filtered:
    "select author_id, count(*) filter (where status = 'a') as a, sum(views) filter (where deleted_at is null) as v from posts group by author_id order by author_id",
  isTrue: "select id from users where is_active is true and (data ->> 'x')::boolean is not true",
  countedOnce: "select count(distinct u.id) from users u join posts p on p.author_id = u.id where p.status = 'a'",
  unions:
    "select id from teams where status = 'a' union select id from posts where status = 'a' union all select id from users",
  newestOfEach:
    "select u.id, p.title from users u left join lateral (select title from posts where posts.author_id = u.id order by views desc, id limit 1) p on true order by u.id",
  severalAtOnce: "update posts set (title, body) = ('a', 'b'), views = default where id = 1",
  updateJoined:
    "update posts as p set title = 'z', body = coalesce(p.body, 'a') from users u join orgs o on o.id = u.org_id where u.id = p.author_id and o.plan = 'paid' returning p.id, u.id as uid",
  deleteJoined: "delete from comments c using posts p where p.id = c.post_id and p.status = 'a' returning c.id",
  upsertSelected:
    "insert into teams (org_id, name, status) values (1, 'q', (select status from posts where id = 1)) on conflict (org_id, name) do update set status = excluded.status, lead_id = coalesce(excluded.lead_id, teams.lead_id) where teams.status <> excluded.status",
  insertMissing:
    "insert into teams (org_id, name, status) select o.id, 'zz', 'a' from orgs o where not exists (select 1 from teams t where t.org_id = o.id and t.name = 'zz')",
  collected:
    "select o.id, coalesce(json_agg(json_build_object('id', u.id) order by u.name desc, u.id) filter (where u.id is not null), '[]') as users from orgs o left join users u on u.org_id = o.id group by o.id",
  arrays:
    "select id, array(select p.title from posts p where p.author_id = users.id order by p.title, p.id) from users",
  windows:
    "select id, rank() over (partition by author_id order by views desc, id) as r, lag(views) over w from posts window w as (order by id)",
  byDay:
    "select date_trunc('day', created_at) as day, count(*) from users group by date_trunc('day', created_at) order by day",
  groupedByAlias: "select coalesce(name, '-') as n, count(*) from users group by n order by n",
  ancestors:
    "with recursive up as (select id, manager_id from users where id = $1::int union select u.id, u.manager_id from users u join up on up.manager_id = u.id) select id from up",
  escaped: "select id from users where email like '%a!_%' escape '!'",
  similar: "select id from users where email similar to '(a|b)%'",
  newest:
    "select id from posts p where published_at = (select max(published_at) from posts q where q.author_id = p.author_id)",
  sampled: "select id from posts tablesample bernoulli (100) order by id",
  rowsFrom: "select * from rows from (generate_series(1,2), generate_series(1,3)) as r(a,b) where r.b > 1",
};
