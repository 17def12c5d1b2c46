import { createRoot } from "react-dom/client";
import { App } from "./App";
import "./style.css";

// Not in StrictMode, in which Relay asks without end for a query that its store may not answer.
createRoot(document.getElementById("root")!).render(<App />);
