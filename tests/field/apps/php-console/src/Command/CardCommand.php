<?php
namespace App\Command;

use App\Store;
use Symfony\Component\Console\Attribute\AsCommand;
use Symfony\Component\Console\Command\Command;
use Symfony\Component\Console\Input\InputInterface;
use Symfony\Component\Console\Output\OutputInterface;
use Twig\Environment;
use Twig\Loader\FilesystemLoader;

#[AsCommand(name: 'tea:card', description: 'Renders the menu')]
final class CardCommand extends Command
{
    protected function execute(InputInterface $input, OutputInterface $output): int
    {
        $twig = new Environment(new FilesystemLoader(__DIR__ . '/../../templates'));
        $output->write($twig->render('card.html.twig', ['teas' => Store::teas()]));
        return Command::SUCCESS;
    }
}
