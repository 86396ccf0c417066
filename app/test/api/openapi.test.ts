import { createTestApi, type TestApi } from '../support/api';

// biome-ignore lint/suspicious/noExplicitAny: a description is read as it comes
type Description = any;

describe('the description of the API', () => {
  let api: TestApi;
  let description: Description;
  let operations: Description[];
  beforeAll(async () => {
    api = await createTestApi();
    description = (await api.server.inject('/openapi.json')).json();
    operations = Object.values<Description>(description.paths).flatMap((methods) => Object.values(methods));
  });
  afterAll(() => api.close());

  test('names every operation once', () => {
    const names = operations.map(({ operationId }) => operationId);
    expect(names).toEqual(names.map(() => expect.stringMatching(/^[a-z][A-Za-z]+$/)));
    expect(new Set(names).size).toBe(names.length);
  });

  test('lets everything with a default be left out', () => {
    const parameters = operations.flatMap(({ parameters = [] }) => parameters);
    const withDefault = parameters.filter(({ schema }: Description) => 'default' in schema);
    expect(withDefault.length).toBeGreaterThan(9);
    expect(withDefault.filter(({ required }: Description) => required)).toEqual([]);
  });

  test('says each shape once, and points to none that is not there', () => {
    const names = Object.keys(description.components.schemas);
    expect(names).toEqual(
      expect.arrayContaining(['Problem', 'Meta', 'Stock', 'DailyBar', 'Quote', 'Job', 'JobOrder', 'DeadLetter', 'Run']),
    );
    const pointers = [...JSON.stringify(description).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(
      ([, name]) => name,
    );
    expect(new Set(pointers)).toEqual(new Set(names));
  });

  test('says where the API is, and how a key is sent', () => {
    expect(description.servers).toEqual([{ url: '/', description: 'This server' }]);
    expect(Object.keys(description.components.securitySchemes)).toEqual(['apiKey', 'bearer', 'basic']);
  });
});
