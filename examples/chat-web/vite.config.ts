import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  build: {
    target: 'es2022',
    // Colours are pairs of light-dark(), which these have.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    rolldownOptions: { checks: { pluginTimings: false } },
  },
});
