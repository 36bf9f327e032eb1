import { join } from 'node:path';
import webpack from 'webpack';

/** Builds `main.js` of a project into its `dist`. Rejects at a warning too. */
export function bundleWithWebpack(folder: string): Promise<void> {
  const bundler = webpack({
    mode: 'production',
    context: folder,
    entry: './main.js',
    // Workers may share a chunk, which webpack loads by its own script.
    output: { path: join(folder, 'dist'), trustedTypes: true },
    optimization: { minimize: false },
  });
  return new Promise((resolve, reject) => {
    bundler?.run((error, stats) => {
      const failures = stats?.toJson({ errors: true, warnings: true }) ?? {};
      const complaints = [...(failures.errors ?? []), ...(failures.warnings ?? [])].map(({ message }) => message);
      bundler.close(() => (error || complaints.length > 0 ? reject(error ?? new Error(complaints.join('\n'))) : resolve()));
    });
  });
}
