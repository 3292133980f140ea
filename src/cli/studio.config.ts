/** The configuration that drizzle-kit is given for `with-test-db studio`: the unit's URL comes from the environment, and no file. */
const config: { readonly dialect: "postgresql"; readonly dbCredentials: { readonly url: string | undefined } } = {
  dialect: "postgresql",
  dbCredentials: { url: process.env["WITH_TEST_DB_STUDIO"] },
};

export default config;
