import { Page } from "@/parts/Page";
import { Reported } from "./Usage/Reported";

/** What the organization has used, and how far its limits reach. */
export default function Usage() {
	return (
		<Page title="Usage" about="How many calls the organization makes, through which key, to which project, and how they end.">
			<Reported metric="management_api_calls" />
		</Page>
	);
}
