import { Anchor, Container, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";

export default function NotFound() {
	return (
		<Container size="sm" py="xl">
			<Title order={1} size="h2">
				There is no such page
			</Title>
			<Text mt="sm">
				The link may be old.{" "}
				<Anchor component={Link} to="/projects">
					Go to your projects
				</Anchor>
				.
			</Text>
		</Container>
	);
}
