import mysql from 'mysql2/promise';
import { expect, test } from 'vitest';
import { startMariadb } from './mariadb.ts';

test('a server that starts leaves the temporary tables of another alone', async () => {
  await using one = await startMariadb();
  const connection = await mysql.createConnection(one.url);
  await connection.query('create temporary table kept (id int) engine = Aria');
  await connection.query('insert into kept values (1)');
  {
    await using other = await startMariadb();
    expect(other.url).not.toBe(one.url);
  }
  // It is looked for in its folder again.
  await connection.query('flush tables');
  expect((await connection.query('select * from kept'))[0]).toEqual([{ id: 1 }]);
  await connection.query('drop temporary table kept');
  await connection.end();
});
