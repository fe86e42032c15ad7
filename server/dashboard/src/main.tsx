import { render } from 'preact';
import { App } from './app';
import './style/base.css';
import './style/part.css';
import './style/print.css';

const root = document.getElementById('app');
if (root !== null) render(<App />, root);
